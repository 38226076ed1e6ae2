"""What may be read over the API, by whom, in pages, and when it is not sent again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leaderboard import services
from leaderboard.models import Attempt, Submission
from tests.leaderboard import item_cast

from .conftest import Program, error, hide

pytestmark = pytest.mark.django_db

READS = (
    "", "/progress", "/log", "/record", "/items/clean/fpb",
)  # fmt: skip


@pytest.fixture
def answered(alice: Any, tmp_path: Path) -> Submission:
    """A scored submission of Alice's with whole answers behind its score."""
    found = item_cast.submission(alice)
    rows = [item_cast.choice(place, "Which?", "A", "A") for place in range(4)]
    item_cast.score(found, {"fpb": item_cast.stored(rows, tmp_path)})
    return found


@pytest.mark.parametrize("read", READS)
class TestWhoMayRead:
    """Each read of a submission by each of the cast."""

    def test_what_is_public_everybody_may(
        self, answered: Any, anybody: Program, bobs: Program, alices: Program, read: str
    ) -> None:
        for program in (anybody, bobs, alices):
            assert program.get(f"/submissions/{answered.pk}{read}").status_code == 200

    @pytest.mark.parametrize("visibility", ["private", "draft"])
    def test_what_is_not_is_not_there_for_others(
        self, answered: Any, anybody: Program, bobs: Program, carols: Program, alices: Program,
        read: str, visibility: str,
    ) -> None:  # fmt: skip
        hide(answered, visibility=visibility)
        path = f"/submissions/{answered.pk}{read}"
        unknown = anybody.get(f"/submissions/2222bbbb{read}").content
        for program in (anybody, bobs):
            answer = program.get(path)
            assert (answer.status_code, answer.content) == (404, unknown)
        mine = alices.get(path)
        assert mine.status_code == 200 and mine["Cache-Control"] == "no-store"
        assert "ETag" not in mine
        assert carols.get(path).status_code == (200 if visibility == "private" else 404)

    def test_behind_a_tombstone_there_is_nothing(
        self, answered: Any, anybody: Program, alices: Program, carols: Program, read: str
    ) -> None:
        services.visibility.withdraw(answered.owner, answered, "A leak.")
        for program in (anybody, alices, carols):
            answer = program.get(f"/submissions/{answered.pk}{read}")
            if read:
                assert answer.status_code == 404
            else:
                body = answer.json()
                assert (body["withdrawn_reason"], body["scores"]) == ("A leak.", [])


def test_a_submission_tells_where_it_stands_and_what_came_of_it(
    published: Any, anybody: Program
) -> None:
    body = anybody.get(f"/submissions/{published.pk}").json()
    assert (body["stage"], body["ended"], body["failure"]) == ("published", True, None)
    score = body["scores"][0]
    assert score["average"] == pytest.approx(70)
    assert [task["key"] for task in score["tasks"]] == ["fpb", "fiqa", "tfns"]
    assert score["low"] < score["average"] < score["high"]


def test_a_failure_comes_with_its_code_and_hint(submit: Any, anybody: Program) -> None:
    attempt = submit()
    said = {"error_code": "worker-lost", "error_message": "Lost.", "error_hint": "Again."}
    Attempt.objects.update(stage="failed", **said)
    body = anybody.get(f"/submissions/{attempt.submission_id}").json()
    assert body["failure"] == {"code": "worker-lost", "message": "Lost.", "hint": "Again."}


def test_what_waits_tells_its_place(submit: Any, anybody: Program) -> None:
    submit()
    second = submit(name="Second")
    assert anybody.get(f"/submissions/{second.submission_id}").json()["position"] == 2


def test_what_is_left_is_told(alices: Program, anybody: Program, settings: Any) -> None:
    settings.SUBMISSIONS_A_DAY, settings.STORAGE_BYTES = 7, 99
    found = alices.get("/quota").json()
    assert (found["submissions"]["limit"], found["submissions"]["remaining"]) == (7, 7)
    assert found["storage"] == {"limit": 99, "used": 0, "remaining": 99, "resets_at": None}
    assert anybody.get("/quota").status_code == 401


def test_an_unexpected_error_says_nothing_of_what_is_inside(
    anybody: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from leaderboard import queries

    def broken() -> None:
        raise RuntimeError("the password is wonderland")

    monkeypatch.setattr(queries, "landing", broken)
    answer = anybody.get("/benchmarks")
    assert answer.status_code == 500 and error(answer)["code"] == "internal"
    assert "wonderland" not in json.dumps(answer.json())
    assert "wonderland" in caplog.text
