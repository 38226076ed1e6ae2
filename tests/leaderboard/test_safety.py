"""What the site promises as a whole: headers, the deployment check, nothing secret in a log."""

from __future__ import annotations

import ast
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from leaderboard import outside, quiet
from leaderboard.services import teams, tokens
from tests.leaderboard.helpers import REPOSITORY

GOOD_KEY = "f3-kW9vQ7zXc1LmN8bR2tYpH6sJdG4aUeOiVxCqZ0wTgKyPl5uEn"
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": GOOD_KEY,
    "ALLOWED_HOSTS": "board.example",
    "DJANGO_SETTINGS_MODULE": "leaderboard.settings",
}
SNAPSHOT = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/sign-in/", "/nowhere", "/healthz", "/api/v1/benchmarks", "/feed.atom"]
)
def test_every_answer_carries_the_same_headers(client: Client, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in SNAPSHOT} == SNAPSHOT


@pytest.mark.django_db
def test_over_https_cookies_and_browsers_are_held_to_it(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    plain = client.get("/about/")
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://testserver/about/")
    client.get("/sign-in/", secure=True)
    assert (
        client.get("/about/", secure=True)
        .headers["Strict-Transport-Security"]
        .startswith("max-age=31536000")
    )


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        env=PRODUCTION | environment, cwd=REPOSITORY, capture_output=True, text=True,
    )  # fmt: skip


def test_the_deployment_check_has_nothing_to_say_in_production(tmp_path: Path) -> None:
    found = manage("check", "--deploy", "--fail-level", "WARNING", STATE_DIR=str(tmp_path))
    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout


def test_production_is_not_started_with_a_weak_key(tmp_path: Path) -> None:
    for key in ("", "short", "django-insecure-" + "x1y2" * 20):
        found = manage("check", SECRET_KEY=key, STATE_DIR=str(tmp_path))
        assert found.returncode == 1 and "SECRET_KEY" in found.stderr


BANNED = {"eval", "exec", "compile", "__import__"}
BANNED_FROM = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}


@pytest.mark.parametrize("room", ["leaderboard"])
def test_nothing_that_was_sent_can_be_run_as_code(room: str) -> None:
    wrong = []
    for file in sorted((REPOSITORY / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in BANNED:
                wrong.append((file.name, node.lineno))
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [(file.name, name) for name in names if name.split(".")[0] in BANNED_FROM]
            if isinstance(node, ast.keyword) and node.arg == "shell":
                wrong.append((file.name, "shell"))
    assert wrong == []


def test_no_file_of_settings_is_kept_with_the_code() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    names = [Path(line).name for line in listed.stdout.splitlines()]
    assert names and not [
        name for name in names if name.startswith(".env") or name.endswith((".pem", ".key"))
    ]


@pytest.mark.django_db
def test_security_txt_says_where_to_write_and_until_when(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = "mailto:security@board.example"
    lines = client.get("/.well-known/security.txt").content.decode().splitlines()
    assert lines[0] == "Contact: mailto:security@board.example"
    assert lines[1].startswith("Expires: 2")


@pytest.mark.django_db
def test_no_secret_that_is_sent_reaches_a_log(
    client: Client, alice: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    cache.clear()
    lines: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(quiet.Line("{levelname} {message}", style="{"))
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    text = tokens.make(alice, "one", ["read"]).text
    secret = teams.invite(alice, teams.create(alice, "Rabbits"), "bob@example.org")
    bad = Client(raise_request_exception=False)
    try:
        with caplog.at_level(logging.DEBUG, "django.request"):
            client.post("/sign-in/", {"login": "alice", "password": "hunter-twenty-two"})
            client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}x"})
            client.post(f"/teams/join/{secret}/and-on")
            client.get(f"/nowhere?password=hunter-twenty-two&t={text}")
            client.get("/account/password/reset/key/1-abc-secretkey/and-on")
            bad.post("/sign-in/?password=hunter-twenty-two", content_type="application/json")
    finally:
        logging.getLogger().removeHandler(handler)
    assert len(lines) >= 3, "something must have been logged for this to prove anything"
    for hidden in ("hunter-twenty-two", text, secret, "abc-secretkey"):
        assert hidden not in "\n".join(lines)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Not Found: /teams/join/abc_-1", "Not Found: /teams/join/[hidden]"),
        ("Authorization: Bearer fl_" + "a" * 43, "Authorization: Bearer [hidden]"),
        ("token fl_" + "a" * 43 + " seen", "token [hidden] seen"),
        ("{'password': 'x y'}", "{'password': '[hidden] y'}"),
        ("exit code: 3, 12 tokens", "exit code: 3, 12 tokens"),
        ("trained_tokens=512", "trained_tokens=512"),
    ],
)
def test_what_is_hidden_in_a_line_and_what_is_not(line: str, shown: str) -> None:
    assert quiet.masked(line) == shown


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"EMAIL_URL": "http://x"}, "EMAIL_URL starts with 'http'"),
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL names no host"),
        ({"EMAIL_URL": "smtp://u:hunter@h:port"}, "EMAIL_URL cannot be read"),
    ],
)
def test_a_mail_server_that_cannot_be_read_is_refused_without_its_password(
    environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        outside.mail(environment)
    assert sentence in str(refused.value) and "hunter" not in str(refused.value)


def test_a_mail_server_is_read_from_one_address() -> None:
    found = outside.mail({"EMAIL_URL": "smtp://u%40x:p%2Fw@mail.example:587?tls=true"})
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("u@x", "p/w")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (True, False)
    assert outside.mail({"EMAIL_URL": "smtps://h"})["EMAIL_PORT"] == 465
    assert outside.mail({})["EMAIL_BACKEND"].endswith("console.EmailBackend")


def test_signing_in_elsewhere_needs_both_halves_of_a_key() -> None:
    assert outside.providers({}) == {}
    github = {"GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b"}
    found = outside.providers(github)
    assert found["github"]["APPS"] == [{"client_id": "a", "secret": "b"}]
    assert outside.sign_in_hosts(found) == ["https://github.com"]
    with pytest.raises(ImproperlyConfigured, match="GITHUB_CLIENT_SECRET is not set"):
        outside.providers({"GITHUB_CLIENT_ID": "a"})
    oidc = {"OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"}
    with pytest.raises(ImproperlyConfigured, match="OIDC_SERVER_URL is ''"):
        outside.providers(oidc)
    both = outside.providers({**oidc, "OIDC_SERVER_URL": "https://id.example/realm"})
    assert outside.sign_in_hosts(both) == ["https://id.example"]


def test_a_site_with_sign_in_elsewhere_starts_and_offers_it(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.urls import reverse;"
        "from leaderboard.middleware import POLICY;"
        "print(reverse('github_login'), reverse('openid_connect_login', args=['oidc']), POLICY)"
    )
    keys = {
        f"{name}_CLIENT_{half}": "x" for name in ("GITHUB", "OIDC") for half in ("ID", "SECRET")
    }
    keys |= {"OIDC_SERVER_URL": "https://id.example", "STATE_DIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True,
        env=PRODUCTION | keys,
    )  # fmt: skip
    assert found.stdout.startswith("/account/elsewhere/github/login/ /account/elsewhere/"), (
        found.stderr
    )
    assert "form-action 'self' https://github.com https://id.example;" in found.stdout
