"""Boards, lists and run pages: built ahead, read with a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaderboard import queries, queue, services
from leaderboard.models import Attempt, Board, LogChunk, ProgressLine, Score, Submission, TaskScore
from leaderboard.services.boards import axis
from tests.leaderboard.helpers import recipe

pytestmark = pytest.mark.django_db

TASKS = (("fpb", 1212), ("fiqa", 304), ("tfns", 2388))


def publish(
    owner: Any, average: float | None = 0.5, name: str = "A run", version: str = "1",
    protocol: str = "clean", **changes: Any,
) -> Submission:  # fmt: skip
    """A finished submission with one score, without engines."""
    submission = services.submit(owner, recipe(name=name, **changes))
    attempt = submission.attempts.get()
    result = {
        "traffic": {"bytes_down": 2**30, "bytes_up": 2**30},
        "trained_parameters": 1_500_000, "peak_memory_bytes": 2**31, "seconds": 61.5, "rounds": 3,
    }  # fmt: skip
    Attempt.objects.filter(pk=attempt.pk).update(
        stage="published", training_result=result, started_at=timezone.now(),
        finished_at=timezone.now() + timedelta(seconds=60),
    )  # fmt: skip
    add_score(attempt, average, version, protocol)
    return submission


def add_score(attempt: Attempt, average: float | None, version: str, protocol: str) -> None:
    share = {"low": None, "high": None}
    if average is not None:
        share = {"low": average - 0.02, "high": average + 0.02}
    score = Score.objects.create(
        submission_id=attempt.submission_id, attempt=attempt, suite="finance", suite_version="1",
        evaluator_version=version, protocol=protocol, average=average,
        unscored="" if average is not None else "a task has no score", **share,
    )  # fmt: skip
    TaskScore.objects.bulk_create(
        TaskScore(
            score=score, position=position, task=task, n=n, accuracy=average, chance=1 / 3,
            unscored="" if average is not None else "no data",
        )
        for position, (task, n) in enumerate(TASKS)
    )  # fmt: skip
    services.mark_dirty("finance", protocol)


def board(protocol: Any = "clean") -> Any:
    services.rebuild_board("finance", protocol)
    return queries.board("finance", protocol)


def test_an_empty_board_is_a_board() -> None:
    page = board()
    assert (page.entries, page.controls, page.sequence, page.built_at) == ((), (), 0, None)
    assert page.task_titles[0][0] == "fpb"
    assert page.axis == (0, 100)


def test_entries_are_ranked_and_controls_stand_apart(alice: Any) -> None:
    best = publish(alice, 0.7, "Best")
    publish(alice, 0.6, "Tied, later")
    publish(alice, 0.6, "Tied, latest")
    publish(alice, None, "Unscored")
    publish(alice, 0.9, "Control", method={"name": "centralised"})
    page = board()
    assert [(row.rank, row.name) for row in page.entries] == [
        (1, "Best"), (2, "Tied, later"), (2, "Tied, latest"), (None, "Unscored"),
    ]  # fmt: skip
    assert [(row.rank, row.name) for row in page.controls] == [(None, "Control")]
    first = page.entries[0]
    assert first.submission_id == best.pk
    assert first.average == 70.0
    assert (first.gigabytes, first.trained_millions, first.memory_gigabytes) == (2.0, 1.5, 2.0)
    assert first.tasks[0].title == "Financial PhraseBank"
    assert page.entries[3].unscored == "a task has no score"
    assert page.items == 1212 + 304 + 2388
    assert page.axis == (55.0, 95.0)


def test_protocols_have_boards_of_their_own(alice: Any) -> None:
    publish(alice, 0.7, protocol="official")
    assert len(board("official").entries) == 1
    assert len(board("clean").entries) == 0


def test_a_rebuild_happens_once_and_raises_the_sequence(alice: Any) -> None:
    publish(alice)
    assert services.rebuild_board("finance", "clean")
    assert not services.rebuild_board("finance", "clean")
    assert not services.rebuild_board("unheard", "clean")
    publish(alice, name="Second")
    assert board().sequence == 2


def test_a_new_evaluator_version_never_takes_a_board_over_by_itself(alice: Any) -> None:
    one, two = publish(alice, 0.5, "One"), publish(alice, 0.6, "Two")
    add_score(one.attempts.get(), 0.9, "2", "clean")
    page = board()
    assert (page.evaluator_version, [row.average for row in page.entries]) == ("1", [60.0, 50.0])
    add_score(two.attempts.get(), 0.1, "2", "clean")
    publish(alice, 0.7, "Three", version="2")
    page = board()
    assert (page.evaluator_version, [row.average for row in page.entries]) == ("1", [60.0, 50.0])


def test_a_board_that_shows_nothing_takes_the_version_that_covers_most(alice: Any) -> None:
    one = publish(alice, 0.5, "One")
    add_score(one.attempts.get(), 0.4, "2", "clean")
    publish(alice, 0.3, "Two", version="2")
    page = board()
    assert (page.evaluator_version, [row.average for row in page.entries]) == ("2", [40.0, 30.0])


@pytest.mark.parametrize("table", [Score, TaskScore])
def test_a_score_never_changes(alice: Any, table: Any) -> None:
    publish(alice)
    row = table.objects.first()
    with pytest.raises(TypeError, match="never changes"):
        row.save()
    with pytest.raises(TypeError, match="never changes"):
        table.objects.update(low=1.0)
    with pytest.raises(TypeError, match="never changes"):
        table.objects.bulk_update([row], ["low"])


def test_the_axis_holds_every_interval() -> None:
    assert axis([]) == (0.0, 100.0)


def test_the_landing_page_shows_each_domains_leader(alice: Any) -> None:
    publish(alice, 0.9, "Control", method={"name": "centralised"})
    publish(alice, 0.7, "Best")
    board()
    cards = {card.domain: card for card in queries.landing()}
    assert cards["finance"].leader.name == "Best"
    assert cards["finance"].entries == 1
    assert cards["finance"].updated is not None
    assert cards["finance-mini"].leader is None


def test_lists_show_everybody_or_one_person(alice: Any, bob: Any) -> None:
    publish(alice, 0.7, "Alice's")
    publish(bob, 0.6, "Bob's")
    assert [one.name for one in queries.submissions(None, 10)] == ["Bob's", "Alice's"]
    assert [one.name for one in queries.submissions(alice, 10)] == ["Alice's"]
    listed = queries.submissions(alice, 10)[0]
    assert (listed.average, listed.percent, listed.stage_title) == (70.0, 100.0, "Published")


def count(read: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


@pytest.mark.parametrize(
    ("most", "read"),
    [
        (3, lambda ids: queries.board("finance", "clean")),
        (2, lambda ids: queries.landing()),
        (2, lambda ids: queries.submissions(None, 100)),
        (2, lambda ids: queries.watched(ids)),
    ],
    ids=["board", "landing", "submissions", "watched"],
)
def test_a_read_takes_as_many_queries_for_fifty_rows_as_for_one(
    alice: Any, most: int, read: Any
) -> None:
    ids = [publish(alice).pk]
    board()
    few = count(lambda: read(ids))
    ids += [publish(alice, 0.5 + number / 200, f"Run {number}").pk for number in range(49)]
    board()
    assert count(lambda: read(ids)) == few <= most


def test_a_run_page_takes_as_many_queries_for_a_long_run_as_for_a_short_one(alice: Any) -> None:
    submission = publish(alice)
    attempt = submission.attempts.get()
    few = count(lambda: queries.run(submission.pk, alice))
    for number in range(50):
        line = {"event": "round", "round": number, "loss": 1.0, "mib": 1.0, "seconds": 1.0}
        ProgressLine.objects.create(
            attempt=attempt, seq=number, stage="training", event="round", data=line
        )
        LogChunk.objects.create(attempt=attempt, seq=number, text=f"line {number}\n")
        add_score(attempt, 0.5, f"v{number}", "clean")
    assert count(lambda: queries.run(submission.pk, alice)) == few <= 6
    page = queries.run(submission.pk, alice)
    assert (len(page.rounds), page.log[-1]) == (50, "line 49")


def test_a_waiting_run_knows_its_place_and_when_it_may_start(alice: Any, settings: Any) -> None:
    settings.WORKER_CONCURRENCY = 2
    publish(alice, name="Took a minute")
    waiting = [services.submit(alice, recipe(name=f"Run {number}")) for number in range(3)]
    pages = [queries.run(submission.pk) for submission in waiting]
    assert [page.position for page in pages] == [1, 2, 3]
    expected = [page.expected_start_seconds for page in pages]
    assert expected == pytest.approx([60, 60, 120], rel=0.01)
    assert pages[0].live
    assert queries.board("finance", "clean").running == 3


def test_without_any_finished_run_nobody_pretends_to_know(alice: Any) -> None:
    submission = services.submit(alice, recipe())
    assert queries.run(submission.pk).expected_start_seconds is None


def test_a_training_run_tells_how_long_it_still_takes(alice: Any) -> None:
    attempt = services.submit(alice, recipe()).attempts.get()
    queue.claim(attempt.pk, "w")
    for number, seconds in ((1, 30.0), (2, 10.0), (2, 20.0)):
        line = {
            "event": "round", "round": number, "of": 5, "loss": 0.5, "mib": 4.0 * number,
            "seconds": seconds,
        }  # fmt: skip
        ProgressLine.objects.create(
            attempt=attempt, seq=ProgressLine.objects.count(), stage="training", event="round",
            data=line,
        )  # fmt: skip
    Attempt.objects.update(done=2, of=5, unit="round")
    page = queries.run(attempt.submission_id)
    assert [one.number for one in page.rounds] == [1, 2], "a repeated round counts once"
    assert page.remaining == 3 * 25.0
    assert page.percent == 40.0
    assert page.mebibytes == 8.0
    assert page.heartbeat_age < 5
    assert [(step.title, step.state) for step in page.steps] == [
        ("Submitted", "done"), ("Training", "current"), ("Evaluation and ranking", "to come"),
    ]  # fmt: skip


def test_a_failed_run_says_where_and_why(alice: Any) -> None:
    attempt = services.submit(alice, recipe()).attempts.get()
    Attempt.objects.update(
        stage="failed", error_code="diverged", error_message="The loss is not finite.",
        error_hint="Lower the rate.", finished_at=timezone.now(),
    )  # fmt: skip
    page = queries.run(attempt.submission_id)
    assert page.failure == ("diverged", "The loss is not finite.", "Lower the rate.")
    assert page.steps[1].state == "failed"
    assert not page.live


def test_only_those_who_may_see_a_way_to_cancel(alice: Any, bob: Any, carol: Any) -> None:
    submission = services.submit(alice, recipe())
    may = [queries.run(submission.pk, user).can_cancel for user in (alice, carol)]
    may_not = [queries.run(submission.pk, user).can_cancel for user in (bob, AnonymousUser(), None)]
    assert all(may) and not any(may_not)


def test_an_unknown_submission_does_not_exist(alice: Any) -> None:
    with pytest.raises(Attempt.DoesNotExist):
        queries.run("nowhere", alice)


def test_a_board_of_a_thousand_entries_is_rebuilt_in_time(alice: Any) -> None:
    import time

    template = publish(alice)
    attempt, score = template.attempts.get(), Score.objects.get()
    submissions = [
        Submission(
            owner=alice, name=f"Run {n}", domain="finance", method="fedavg", base_model="b",
            recipe={}, recipe_text="", recipe_sha256="", base_pin={}, dataset_pin={},
        )
        for n in range(1000)
    ]  # fmt: skip
    Submission.objects.bulk_create(submissions)
    Score.objects.bulk_create(
        Score(
            submission=one, attempt=attempt, suite="finance", suite_version="1",
            evaluator_version="1", protocol="clean", average=n / 1000, low=0, high=1,
        )
        for n, one in enumerate(submissions)
    )  # fmt: skip
    begun = time.perf_counter()
    assert services.rebuild_board("finance", "clean")
    assert time.perf_counter() - begun < 2
    assert Board.objects.get(domain="finance", protocol="clean").ranked == 1001
    assert score.average == 0.5
