"""Settings read from the environment: each helper answers a sound value or says what is wrong."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

Environment = Mapping[str, str]

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def flag(environment: Environment, name: str, default: bool) -> bool:
    """A yes or no; an empty value is the default."""
    found = environment.get(name, "").strip().lower()
    if not found:
        return default
    if found in TRUE | FALSE:
        return found in TRUE
    raise ImproperlyConfigured(f"{name} is {found!r}; true or false was wanted.")


def number(environment: Environment, name: str, default: int, least: int, most: int) -> int:
    """A whole number within limits."""
    found = environment.get(name, "").strip()
    if not found:
        return default
    if not found.isdecimal() or not least <= int(found) <= most:
        raise ImproperlyConfigured(
            f"{name} is {found!r}; a whole number from {least} to {most} was wanted."
        )
    return int(found)


def choice(environment: Environment, name: str, default: str, known: tuple[str, ...]) -> str:
    """One of a few words, in capitals."""
    found = environment.get(name, "").strip().upper() or default
    if found not in known:
        raise ImproperlyConfigured(f"{name} is {found!r}; one of {', '.join(known)} was wanted.")
    return found


def names(environment: Environment, name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list separated by commas."""
    found = [part.strip() for part in environment.get(name, "").split(",")]
    return [part for part in found if part] or list(default)


def folder(environment: Environment, name: str, default: Path) -> Path:
    """A directory of ours, made if it is not there."""
    path = Path(environment.get(name) or default).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} is {str(path)!r}, which cannot be a directory: {error.strerror}."
        ) from None
    return path


def existing_folder(environment: Environment, name: str) -> str:
    """A directory that must be there already, or nothing."""
    found = environment.get(name, "").strip()
    if found and not Path(found).is_dir():
        raise ImproperlyConfigured(f"{name} is {found!r}, which is not a directory.")
    return str(Path(found).absolute()) if found else ""


def secret_key(environment: Environment, debug: bool, state: Path) -> str:
    """The site's key: from the environment, or made once and kept when developing."""
    found = environment.get("SECRET_KEY", "")
    if found and not debug and (len(found) < 50 or len(set(found)) < 5 or "insecure" in found):
        raise ImproperlyConfigured(
            f"SECRET_KEY is guessable ({len(found)} characters); at least 50 random ones were "
            "wanted. Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    if found:
        return found
    if not debug:
        raise ImproperlyConfigured("SECRET_KEY is not set; it is required when DEBUG is false.")
    return _kept_key(state / "secret_key")


def _kept_key(file: Path) -> str:
    """The key in `file`; the process that creates the file first decides."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii") or _refuse_empty(file)
    key = secrets.token_urlsafe(50)
    with os.fdopen(handle, "w") as opened:
        opened.write(key)
    return key


def _refuse_empty(file: Path) -> str:
    raise ImproperlyConfigured(f"{file} is empty; delete it and a new key will be made.")


def hosts(environment: Environment, debug: bool) -> list[str]:
    """Names the site answers to."""
    found = names(environment, "ALLOWED_HOSTS")
    if not found and not debug:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS is not set; when DEBUG is false it lists the site's host names."
        )
    return found or ["localhost", "127.0.0.1", "[::1]", ".localhost", "testserver"]


def address(environment: Environment, name: str, default: str) -> str:
    """An http address without a slash at its end."""
    found = environment.get(name, "").strip().rstrip("/") or default
    parts = urlsplit(found)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"{name} is {found!r}; an address such as https://board.example.org was wanted."
        )
    return found


def database(environment: Environment, state: Path) -> dict[str, Any]:
    """The database: PostgreSQL, or SQLite set up for several processes."""
    url = environment.get("DATABASE_URL") or f"sqlite:///{state / 'site.sqlite3'}"
    scheme = urlsplit(url).scheme
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {scheme!r}; sqlite:// or postgresql:// was wanted."
        )
    try:
        parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, ValueError) as error:
        # The URL may hold a password: the message must not repeat it.
        raise ImproperlyConfigured(
            f"DATABASE_URL cannot be read ({type(error).__name__})."
        ) from None
    if not parsed.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL names no database.")
    return _for_many_processes(parsed) if scheme == "sqlite" else parsed


def _for_many_processes(sqlite: dict[str, Any]) -> dict[str, Any]:
    """WAL lets readers go on while one writes; IMMEDIATE makes writers queue, not deadlock."""
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # A file in tests too: threads and child processes have to see the same rows. One a process,
    # so that two test runs in one checkout do not meet.
    test = {"NAME": f"{sqlite['NAME']}.test-{os.getpid()}"}
    return {**sqlite, "OPTIONS": options, "TEST": test}


def cache(environment: Environment) -> dict[str, Any]:
    """What is counted for a minute: in Redis when several web processes share it, else in each."""
    url = environment.get("CACHE_URL", "")
    scheme = urlsplit(url).scheme
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if scheme not in {"redis", "rediss"}:
        raise ImproperlyConfigured(
            f"CACHE_URL starts with {scheme!r}; redis://, rediss:// or nothing was wanted."
        )
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}


def broker(environment: Environment, state: Path) -> tuple[str, dict[str, Any]]:
    """The broker's URL and its transport's options; by default files in the state folder."""
    url = environment.get("BROKER_URL") or "folder://localhost/"
    scheme = urlsplit(url).scheme
    if scheme == "folder":
        place = folder({}, "STATE_DIR", state / "broker")
        return url, {
            "data_folder_in": str(place),
            "data_folder_out": str(place),
            "control_folder": str(place / "control"),
            "polling_interval": 0.5,
        }
    if scheme in {"redis", "rediss"}:
        # A broker that is down must not hold up a page for long.
        return url, {"socket_connect_timeout": 2, "socket_timeout": 20}
    raise ImproperlyConfigured(
        f"BROKER_URL starts with {scheme!r}; redis://, rediss:// or nothing was wanted."
    )
