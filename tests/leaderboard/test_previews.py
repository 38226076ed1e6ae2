"""What a flip would do, before it is done; and what a submission's history says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leaderboard import queries
from leaderboard.models import Attempt, Batch, Submission
from leaderboard.services import batches, choosing
from tests.leaderboard.batch_cast import begin, entry, finish, new_evaluator, score, shown
from tests.leaderboard.scored import add_score, right, scored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evaluator_2(monkeypatch: pytest.MonkeyPatch) -> None:
    new_evaluator(monkeypatch)


Preview = Callable[..., Any]


@pytest.fixture
def previewed(alice: Any, carol: Any) -> Preview:
    """A batch over entries with (old, new) hits, as its page previews it."""

    def previewed(**hits: tuple[int, int]) -> Any:
        for name, (old, _) in hits.items():
            entry(alice, name, old)
        batch = begin(carol)
        finish(batch, {name: new for name, (_, new) in hits.items()})
        return queries.batch(batch.pk).previews[0]

    return previewed


def test_the_preview_tells_who_moves_by_how_much_and_whether_it_is_noise(
    previewed: Preview,
) -> None:
    # A loses 30 of 100 paired items: z = 30 / sqrt(30) = 5.5. B gains 2: z = 2 / sqrt(2) = 1.4.
    page = previewed(A=(80, 50), B=(60, 62), C=(40, 40))
    found = {move.name: move for move in page.moves}
    assert [move.name for move in page.moves] == ["A", "B", "C"]
    assert (found["A"].old_rank, found["A"].new_rank, found["A"].climbed) == (1, 2, -1)
    assert (found["B"].climbed, found["C"].climbed) == (1, 0)
    assert found["A"].difference == pytest.approx(-30)
    assert (found["A"].outside, found["B"].outside, found["C"].outside) == (True, False, False)
    # 1.96 sqrt(0.3 * 0.7 / 100) = 0.0898
    assert found["A"].low == pytest.approx(-38.98, abs=0.01)
    assert all(move.paired for move in page.moves)
    assert (page.outside, page.moving) == (1, 2)


def test_the_preview_is_what_the_flip_makes(alice: Any, carol: Any, previewed: Preview) -> None:
    page = previewed(A=(80, 50), B=(60, 62), C=(40, 97))
    batches.flip(carol, Batch.objects.get(), "Complete.")
    expected = sorted((move.new_rank, move.name, move.new) for move in page.moves)
    rows = queries.board("finance").entries
    assert [(row.rank, row.name, row.average) for row in rows] == expected


def test_the_preview_tells_who_joins_and_who_would_vanish(alice: Any, bob: Any, carol: Any) -> None:
    one = entry(alice, "One", 60)
    entry(alice, "Stays", 50)
    batch = begin(carol)
    item = batch.items.get(submission=one)
    Attempt.objects.filter(pk=item.attempt_id).update(
        stage="failed", error_code="x", error_message="It broke."
    )
    finish_one = batch.items.exclude(submission=one).get()
    Attempt.objects.filter(pk=finish_one.attempt_id).update(stage="published")
    score(finish_one.submission, 51, "2")
    scored(bob, "Late", {"fpb": right(80)}, evaluator_version="2")
    page = queries.batch(batch.pk)
    assert [move.name for move in page.previews[0].joining] == ["Late"]
    assert [(move.name, move.old_rank) for move in page.vanishing] == [("One", 1)]
    assert (page.members[0].name, page.members[0].error) == ("One", "It broke.")
    assert (page.line.published, page.line.failed, page.line.live) == (1, 1, 0)


def test_without_shared_items_the_standard_errors_decide(alice: Any, carol: Any) -> None:
    submission = entry(alice, "One", 60)
    batch = begin(carol)
    Attempt.objects.filter(pk=batch.items.get().attempt_id).update(stage="published")
    attempt = submission.attempts.order_by("-number").first()
    add_score(attempt, "finance", {"fpb": right(90)}, False, evaluator_version="2")
    (move,) = queries.batch(batch.pk).previews[0].moves
    # z = 0.3 / sqrt(0.6 * 0.4 / 100 + 0.9 * 0.1 / 100) = 5.2
    assert (move.paired, move.outside) == (False, True)


def test_a_private_submission_can_be_a_member_and_is_in_no_preview(alice: Any, carol: Any) -> None:
    entry(alice, "One", 60)
    mine = entry(alice, "Mine", 70)
    Submission.objects.filter(pk=mine.pk).update(visibility="private")
    batch = batches.start(carol, "finance", choosing.older_than("finance", "2"), "All.").batch
    assert batch.items.count() == 2
    finish(batch, {"One": 61, "Mine": 71})
    page = queries.batch(batch.pk)
    assert [move.name for move in page.previews[0].moves] == ["One"]
    assert queries.history(mine.pk, None) == queries.history("nowhere")


def test_the_history_keeps_both_values_and_while_it_runs_says_so(alice: Any, carol: Any) -> None:
    one = entry(alice, "One", 60)
    shown()
    batch = begin(carol)
    found = queries.history(one.pk)
    assert (found.again, found.again_stage) == ("2", "Waiting for evaluation")
    assert [(row.evaluator_version, row.shown) for row in found.scored] == [("1", True)]
    finish(batch, {"One": 70})
    assert queries.history(one.pk).ahead == "2"
    batches.flip(carol, batch, "Complete.")
    found = queries.history(one.pk)
    assert [(row.evaluator_version, row.shown) for row in found.scored] == [
        ("2", True), ("1", False),
    ]  # fmt: skip
    (flip,) = found.flips
    assert (flip.old_version, flip.new_version, flip.old, flip.new) == ("1", "2", 60.0, 70.0)
    assert (found.again, found.ahead, flip.reason) == ("", "", "Complete.")


def test_a_batch_page_takes_as_many_queries_for_thirty_members_as_for_two(
    alice: Any, carol: Any
) -> None:
    def read(batch: Batch) -> int:
        with CaptureQueriesContext(connection) as captured:
            queries.batch(batch.pk)
        return len(captured)

    entry(alice, "A", 50), entry(alice, "B", 51)
    batch = begin(carol)
    few = read(batch)
    for number in range(28):
        entry(alice, f"Run {number}", number)
    begin(carol)
    assert batch.items.count() == 30
    assert read(batch) == few
