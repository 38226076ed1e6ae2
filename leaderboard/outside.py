"""Settings of what stands outside the site: the mail server, and where else one may sign in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import Environment

Json = dict[str, Any]
MAIL_SCHEMES = ("smtp", "smtps", "console", "memory")
WANTED = (
    "smtp://user:password@host:587?tls=true, smtps://user:password@host:465 or console:// was "
    "wanted"
)


def mail(environment: Environment) -> Json:
    """EMAIL_URL as Django's settings; without one, mails are written to the terminal."""
    url = environment.get("EMAIL_URL", "").strip() or "console://"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # The URL may hold a password: the message must not repeat it.
        raise ImproperlyConfigured(f"EMAIL_URL cannot be read; {WANTED}.") from None
    if parts.scheme not in MAIL_SCHEMES:
        raise ImproperlyConfigured(f"EMAIL_URL starts with {parts.scheme!r}; {WANTED}.")
    if parts.scheme in ("console", "memory"):
        backend = {"console": "console", "memory": "locmem"}[parts.scheme]
        return {"EMAIL_BACKEND": f"django.core.mail.backends.{backend}.EmailBackend"}
    if not parts.hostname:
        raise ImproperlyConfigured(f"EMAIL_URL names no host; {WANTED}.")
    implicit = parts.scheme == "smtps"
    tls = parse_qs(parts.query).get("tls", ["false"])[-1].lower() in ("1", "true", "yes", "on")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if implicit else 587 if tls else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": tls and not implicit,
        "EMAIL_TIMEOUT": 10,
    }


def providers(environment: Environment) -> Json:
    """Where else one may sign in: GitHub and OpenID Connect, each when it is wholly configured."""
    github, openid = _keys(environment, "GITHUB"), _keys(environment, "OIDC")
    found: Json = {}
    if github:
        found["github"] = {"APPS": [github], "SCOPE": ["user:email"], "OAUTH_PKCE_ENABLED": True}
    if openid:
        server = environment.get("OIDC_SERVER_URL", "").strip()
        if not server.startswith("https://"):
            raise ImproperlyConfigured(
                f"OIDC_SERVER_URL is {server!r}; an address that starts with https:// was wanted."
            )
        name = environment.get("OIDC_NAME", "").strip() or "single sign-on"
        app = {**openid, "provider_id": "oidc", "name": name, "settings": {"server_url": server}}
        found["openid_connect"] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    return found


def sign_in_hosts(found: Json) -> list[str]:
    """Where a form of ours may lead: browsers hold redirects to the policy too."""
    hosts = ["https://github.com"] if "github" in found else []
    for app in found.get("openid_connect", {}).get("APPS", ()):
        parts = urlsplit(app["settings"]["server_url"])
        hosts.append(f"{parts.scheme}://{parts.netloc}")
    return hosts


def _keys(environment: Environment, name: str) -> Json | None:
    """Both parts of a key, or none; one alone is a mistake."""
    identity = environment.get(f"{name}_CLIENT_ID", "").strip()
    secret = environment.get(f"{name}_CLIENT_SECRET", "").strip()
    if bool(identity) != bool(secret):
        missing = f"{name}_CLIENT_{'SECRET' if identity else 'ID'}"
        raise ImproperlyConfigured(f"{missing} is not set; it goes with the other half.")
    return {"client_id": identity, "secret": secret} if identity else None
