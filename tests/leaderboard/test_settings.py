"""Settings from the environment: sound, or refused with a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from leaderboard import environment as env
from tests.leaderboard.helpers import REPOSITORY

GOOD_KEY = "f3-kW9vQ7zXc1LmN8bR2tYpH6sJdG4aUeOiVxCqZ0wTgKyPl5uEn"


def load(**environment: str) -> subprocess.CompletedProcess[str]:
    code = (
        "from django.conf import settings as s; print(s.DATABASES['default']['ENGINE'], "
        "s.SESSION_COOKIE_SECURE, s.CELERY_BROKER_URL.split(':')[0], s.DEBUG)"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"DJANGO_SETTINGS_MODULE": "leaderboard.settings", **environment},
        cwd=REPOSITORY, capture_output=True, text=True,
    )  # fmt: skip


def test_a_clean_checkout_runs_with_nothing_set(tmp_path: Path) -> None:
    found = load(STATE_DIR=str(tmp_path / "var"))
    assert found.stdout.split() == ["django.db.backends.sqlite3", "False", "folder", "True"]
    key = tmp_path / "var" / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text()) > 50


def test_production_is_configured_by_the_environment(tmp_path: Path) -> None:
    found = load(
        STATE_DIR=str(tmp_path), DEBUG="false", SECRET_KEY=GOOD_KEY, ALLOWED_HOSTS="board.example",
        DATABASE_URL="postgresql://u:p@db/site", BROKER_URL="redis://broker/0",
    )  # fmt: skip
    assert found.stdout.split() == ["django.db.backends.postgresql", "True", "redis", "False"]
    assert not (tmp_path / "secret_key").exists()


def test_a_malformed_setting_stops_the_site_with_one_sentence(tmp_path: Path) -> None:
    found = load(STATE_DIR=str(tmp_path), LEASE_SECONDS="10", HEARTBEAT_SECONDS="8")
    assert found.returncode == 1
    assert "LEASE_SECONDS (10) must be at least twice HEARTBEAT_SECONDS (8)" in found.stderr


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda: env.flag({"DEBUG": "maybe"}, "DEBUG", True), "DEBUG is 'maybe'; true or false"),
        (lambda: env.number({"N": "x"}, "N", 1, 1, 9), "N is 'x'; a whole number from 1 to 9"),
        (lambda: env.number({"N": "10"}, "N", 1, 1, 9), "N is '10'; a whole number"),
        (lambda: env.number({"N": "-1"}, "N", 1, 1, 9), "N is '-1'; a whole number"),
        (lambda: env.choice({"L": "loud"}, "L", "A", ("A", "B")), "L is 'LOUD'; one of A, B"),
        (lambda: env.folder({"S": "/dev/null/x"}, "S", Path("x")), "cannot be a directory"),
        (lambda: env.existing_folder({"H": "/nowhere"}, "H"), "which is not a directory"),
        (lambda: env.hosts({}, debug=False), "ALLOWED_HOSTS is not set"),
        (lambda: env.secret_key({}, False, Path("x")), "SECRET_KEY is not set"),
        (lambda: env.secret_key({"SECRET_KEY": "short"}, False, Path("x")), "guessable"),
        (lambda: env.secret_key({"SECRET_KEY": "a" * 60}, False, Path("x")), "guessable"),
        (lambda: env.database({"DATABASE_URL": "mysql://x/y"}, Path("x")), "starts with 'mysql'"),
        (lambda: env.database({"DATABASE_URL": "postgresql://x"}, Path("x")), "names no database"),
        (lambda: env.broker({"BROKER_URL": "amqp://x"}, Path("x")), "starts with 'amqp'"),
        (lambda: env.cache({"CACHE_URL": "memcached://x"}), "CACHE_URL starts with 'memcached'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(read: object, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read()  # type: ignore[operator]
    assert sentence in str(refused.value)


def test_a_password_in_a_url_is_never_repeated() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        env.database({"DATABASE_URL": "postgresql://u:s3cret@h:port/d"}, Path("x"))
    assert "s3cret" not in str(refused.value)


def test_sqlite_is_set_up_for_several_processes(tmp_path: Path) -> None:
    options = env.database({}, tmp_path)["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_two_processes_agree_on_the_key_of_a_new_checkout(tmp_path: Path) -> None:
    first = env.secret_key({}, True, tmp_path)
    assert env.secret_key({}, True, tmp_path) == first
