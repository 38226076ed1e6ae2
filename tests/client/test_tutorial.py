"""The tutorial is followed word by word: a new account, a token, the commands, what they print."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from django.test import Client

from leaderboard import services
from leaderboard.client import main
from leaderboard.models import Submission
from tests.leaderboard.conftest import doorbell, site, small_hub  # noqa: F401
from tests.leaderboard.helpers import run_to_end

pytestmark = pytest.mark.django_db(transaction=True)

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
ADDRESS, ID = "https://leaderboard.example", "4kq7wz2m"
TOKENS = "~/.config/flboard/tokens.json"
NEW = {
    "username": "dora",
    "email": "dora@example.org",
    "password1": "a long way down 9",
    "password2": "a long way down 9",
}


class Block(NamedTuple):
    """A fenced block: its language, the file it is, its lines."""

    language: str
    name: str
    text: str


def blocks() -> Iterator[Block]:
    found = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", TUTORIAL.read_text(), re.M | re.S)
    return (Block(*block) for block in found)


def token_of_a_new_account(mailoutbox: list[Any]) -> str:
    """Sign up, prove the address, sign in, make a token: as a browser would."""
    cache.clear()
    browser = Client()
    browser.post("/sign-up/", NEW)
    (page,) = re.findall(r"https?://[^/\s]+(/\S+)", mailoutbox[0].body)
    browser.post(page)
    browser.post("/sign-in/", {"login": "dora", "password": NEW["password1"]})
    wanted = {"name": "laptop", "scopes": ["read", "submit"], "days": 90}
    answer = browser.post("/tokens/", wanted).content.decode()
    (token,) = set(re.findall(r"fl_[A-Za-z0-9_-]{43}", answer))
    return token


def test_the_tutorial_prints_what_it_says(
    live_server: Any,
    mailoutbox: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    token = token_of_a_new_account(mailoutbox)
    for block in blocks():
        if block.name:
            Path(block.name).write_text(block.text)
            continue
        command, _, wanted = block.text.removeprefix("$ ").partition("\n")
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
        printed = _run(command, live_server.url, capsys)
        assert printed == wanted, command
        if command.startswith("flboard submit"):
            run_to_end(Submission.objects.get().attempts.get())
            services.rebuild_board("finance", "clean")


def _run(command: str, address: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints, in the tutorial's words: errors after the rest, as in a terminal."""
    one = Submission.objects.values_list("pk", flat=True).first() or ID
    typed = command.replace(ADDRESS, address).replace(ID, one)
    main.main(shlex.split(typed)[1:])
    said = capsys.readouterr()
    watching = command.startswith("flboard watch")
    text = said.err + said.out if watching else said.out + said.err
    if submitted := Submission.objects.values_list("pk", flat=True).first():
        text = text.replace(submitted, ID)
    text = re.sub(r"(token kept in ).*tokens\.json", rf"\g<1>{TOKENS}", text)
    return text.replace(address, ADDRESS)
