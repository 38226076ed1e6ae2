"""Boards and benchmarks: the same for everybody, and sent once."""

from __future__ import annotations

from typing import Any

import pytest

from leaderboard import services
from tests.leaderboard.scored import right, scored

from .conftest import TASKS, Program, error, hide, walk

pytestmark = pytest.mark.django_db


def test_a_board_that_is_known_is_not_sent_again(
    published: Any, anybody: Program, alices: Program
) -> None:
    first = anybody.get("/boards/finance")
    assert first["ETag"].startswith('"finance-clean.1.public.')
    assert first.json()["entries"][0]["submission_id"] == published.pk
    for program in (anybody, alices):
        again = program.get("/boards/finance", If_None_Match=first["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert (again["ETag"], again["Cache-Control"]) == (first["ETag"], "no-cache")


def test_a_change_of_any_kind_changes_the_tag(published: Any, anybody: Program) -> None:
    first = anybody.get("/boards/finance")
    hide(published, flagged_reason="Trained on the test set.")
    flagged = anybody.get("/boards/finance", If_None_Match=first["ETag"])
    assert flagged.status_code == 200
    services.visibility.withdraw(published.owner, published, "A leak.")
    gone = anybody.get("/boards/finance", If_None_Match=flagged["ETag"])
    assert gone.status_code == 200 and gone.json()["entries"] == []


def test_protocols_and_boards_have_tags_of_their_own(published: Any, anybody: Program) -> None:
    paths = ["/boards/finance", "/boards/finance?protocol=official", "/boards/medical",
             "/boards/finance/entries", "/benchmarks"]  # fmt: skip
    tags = {anybody.get(path)["ETag"] for path in paths}
    assert len(tags) == len(paths)


def test_entries_come_in_the_boards_order_in_pages(alice: Any, anybody: Program) -> None:
    for place in range(5):
        scored(alice, f"n{place}", {task: right(90 - 10 * place) for task in TASKS})
    scored(alice, "base", {task: right(30) for task in TASKS}, method="untuned")
    services.mark_dirty("finance", "clean")
    services.rebuild_board("finance", "clean")
    found = walk(anybody, "/boards/finance/entries?limit=2", "name")
    assert found == ["n0", "n1", "n2", "n3", "n4", "base"]


def test_benchmarks_tell_their_tests(published: Any, anybody: Program) -> None:
    found = {one["key"]: one for one in anybody.get("/benchmarks").json()["results"]}
    assert {"general", "finance", "medical", "code"} <= set(found)
    assert (found["finance"]["entries"], found["medical"]["entries"]) == (1, 0)
    assert [task["key"] for task in found["finance"]["tasks"]] == ["fpb", "fiqa", "tfns"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/boards/nowhere", 404),
        ("/boards/nowhere/entries", 404),
        ("/boards/finance?protocol=other", 422),
    ],
)
def test_what_is_not_there_is_said_in_the_one_form(
    anybody: Program, path: str, status: int
) -> None:
    answer = anybody.get(path)
    assert answer.status_code == status and error(answer)
