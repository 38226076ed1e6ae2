"""Progress, logs and items from a place onwards."""

from __future__ import annotations

from typing import Any

import pytest

from leaderboard.models import Attempt, LogChunk, ProgressLine

from .conftest import Program, walk

pytestmark = pytest.mark.django_db


def test_progress_goes_on_after_the_last_line(submit: Any, anybody: Program) -> None:
    attempt = submit()
    for seq in range(1, 5):
        ProgressLine.objects.create(
            attempt=attempt, seq=seq, stage="training", event="round", data={"round": seq}
        )
    path = f"/submissions/{attempt.submission_id}/progress"
    first = anybody.get(path).json()
    assert [line["seq"] for line in first["results"]] == [1, 2, 3, 4]
    assert (first["last"], first["ended"], first["attempt"]) == (4, False, 1)
    following = anybody.get(f"{path}?after=3").json()
    assert [line["data"] for line in following["results"]] == [{"round": 4}]
    Attempt.objects.update(stage="cancelled")
    rest = anybody.get(f"{path}?after=4").json()
    assert (rest["results"], rest["last"], rest["ended"]) == ([], 4, True)


def test_the_log_comes_in_pieces(submit: Any, anybody: Program) -> None:
    attempt = submit()
    LogChunk.objects.bulk_create(
        LogChunk(attempt=attempt, seq=seq, text=f"line {seq}\n") for seq in range(1, 151)
    )
    Attempt.objects.update(stage="failed", error_code="x")
    path = f"/submissions/{attempt.submission_id}/log"
    first = anybody.get(path).json()
    assert (len(first["results"]), first["last"], first["ended"]) == (100, 100, False)
    rest = anybody.get(f"{path}?after={first['last']}").json()
    assert (rest["results"][-1]["text"], rest["ended"]) == ("line 150\n", True)


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30])
def test_a_strange_place_is_refused(submit: Any, anybody: Program, after: str) -> None:
    submission = submit().submission_id
    assert anybody.get(f"/submissions/{submission}/log?after={after}").status_code == 422


def test_items_come_in_pages_exactly_as_stored(published: Any, anybody: Program) -> None:
    path = f"/submissions/{published.pk}/items/clean/fpb"
    found = walk(anybody, f"{path}?limit=30", "item_id")
    assert found == [f"fpb-{place}" for place in range(100)]
    assert anybody.get(f"{path}?limit=1").json()["results"] == [
        {"item_id": "fpb-0", "sample": 0, "correct": True}
    ]


@pytest.mark.parametrize("where", ["clean/nothing", "official/fpb", "other/fpb"])
def test_items_that_are_not_there(published: Any, anybody: Program, where: str) -> None:
    assert anybody.get(f"/submissions/{published.pk}/items/{where}").status_code == 404


def test_a_lost_file_is_not_there(published: Any, anybody: Program, site: Any) -> None:
    for file in (site / "artifacts").rglob("*"):
        if file.is_file():
            file.unlink()
    assert anybody.get(f"/submissions/{published.pk}/items/clean/fpb").status_code == 404
