"""A fake server, a home of one's own, and the command as a function."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leaderboard.client import api, main
from tests.client.fake_server import TOKEN, FakeServer


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the real home is read or written."""
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home" / variable))
    for variable in ("FLBOARD_SERVER", "FLBOARD_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "home"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses the client asked for; none of them is made."""
    asked: list[float] = []
    usual = api.Api.__init__

    def quick(self: Any, server: str, token: str = "", sleep: Any = None) -> None:
        usual(self, server, token, asked.append)

    monkeypatch.setattr(api.Api, "__init__", quick)
    return asked


@pytest.fixture
def flboard(
    server: FakeServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Run a command line against the fake server, signed in; its exit code."""
    monkeypatch.setenv("FLBOARD_SERVER", server.address)
    monkeypatch.setenv("FLBOARD_TOKEN", TOKEN)

    def flboard(*words: str, typed: str = "") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        try:
            return main.main(words)
        except SystemExit as end:  # argparse
            return int(end.code or 0)

    return flboard
