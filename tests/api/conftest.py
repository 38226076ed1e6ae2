"""The site of the other tests, asked by programs: Alice's, Bob's and Carol's tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.leaderboard.conftest import (  # noqa: F401
    alice,
    bob,
    carol,
    doorbell,
    site,
    small_hub,
    submit,
)
from tests.leaderboard.scored import right, scored

ROOT = "/api/v1"
RECIPE = """\
name = "By program"
domain = "finance"

[base]
model = "tiny/llama"

[train]
rounds = 3
"""
GOOD = {"recipe": RECIPE}
BAD = {"recipe": RECIPE.replace("rounds = 3", "rounds = 0").replace("tiny/llama", "no/such")}


class Program:
    """A program with a token, or with none; answers come as Django's, JSON bodies parsed."""

    def __init__(self, token: str = "") -> None:
        self.http = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent: dict[str, Any] = {"headers": {**self.headers, **_named(headers)}}
        if body is not None:
            sent |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.http.generic(method, f"{ROOT}{path}", **sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body if body is not None else {}, **headers)

    def form(self, path: str, **fields: Any) -> Any:
        return self.http.post(f"{ROOT}{path}", fields, headers=self.headers)

    def piece(self, path: str, content: bytes, offset: int) -> Any:
        headers = {**self.headers, "Upload-Offset": str(offset)}
        kind = "application/octet-stream"
        return self.http.patch(f"{ROOT}{path}", content, content_type=kind, headers=headers)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    """Requests of other tests do not count."""
    cache.clear()


@pytest.fixture
def program() -> Callable[..., Program]:
    """A program of a person's, with these scopes."""
    from leaderboard.services import tokens

    def program(user: Any, *scopes: str) -> Program:
        wanted = scopes or ("read", "submit", "manage")
        return Program(tokens.make(user, "a test", wanted).text)

    return program


@pytest.fixture
def anybody() -> Program:
    return Program()


@pytest.fixture
def alices(alice: Any, program: Any) -> Program:  # noqa: F811
    return program(alice)


@pytest.fixture
def bobs(bob: Any, program: Any) -> Program:  # noqa: F811
    return program(bob)


@pytest.fixture
def carols(carol: Any, program: Any) -> Program:  # noqa: F811
    return program(carol)


def error(answer: Any) -> dict[str, Any]:
    """The one form of every error."""
    body = answer.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message", "problems"}
    for problem in body["error"]["problems"]:
        assert set(problem) == {"place", "line", "message", "hint"}
    assert answer["Content-Type"].startswith("application/json")
    return body["error"]


TASKS = {"fpb": right(80), "fiqa": right(60), "tfns": right(70)}


@pytest.fixture
def published(alice: Any) -> Any:  # noqa: F811
    """A scored submission of Alice's on its board."""
    from leaderboard import services

    found = scored(alice, "Alice's", TASKS)
    services.mark_dirty("finance", "clean")
    services.rebuild_board("finance", "clean")
    return found


def hide(submission: Any, **fields: Any) -> None:
    """Write what is not for everybody into a row."""
    from leaderboard.models import Submission

    Submission.objects.filter(pk=submission.pk).update(**fields)


def walk(program: Program, path: str, key: str = "id") -> list[Any]:
    """One value of every result of a list, page by page."""
    found, cursor = [], ""
    for _ in range(20):
        page = program.get(f"{path}&cursor={cursor}").json()
        found += [one[key] for one in page["results"]]
        if not (cursor := page["next"]):
            return found
    raise AssertionError("no end")
