"""A board of two hundred entries is evaluated again while two people submit and others read.

On SQLite here and on PostgreSQL from `test_servers`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError, connection

from leaderboard import queries, services
from leaderboard.models import Attempt, Submission
from leaderboard.services import batches, choosing
from tests.leaderboard.batch_cast import new_evaluator
from tests.leaderboard.scored import add_score, right, scored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ENTRIES, ITEMS = 200, 400


def name(number: int) -> str:
    return f"Entry {number:03}"


def old(number: int) -> int:
    """Hits of 400: all averages differ."""
    return 100 + number


def new(number: int) -> int:
    """The best fifty lose a quarter of the questions, the others nothing."""
    return old(number) - (100 if number >= 150 else 0)


class Beside:
    """Work in a thread of its own, over and over until it is told to stop."""

    def __init__(self, work: Callable[[int], Any]) -> None:
        self.stop, self.found, self.trouble = threading.Event(), [], []
        self.work = work
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> Beside:
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop.set()
        self.thread.join()

    def _run(self) -> None:
        turn = 0
        try:
            while not self.stop.is_set():
                self.found.append(self.work(turn))
                turn += 1
                time.sleep(0.02)
        except Exception as error:
            self.trouble.append(error)
        finally:
            connection.close()


def read(turn: int) -> tuple[str, tuple[tuple[int | None, str, float | None], ...]]:
    page = queries.board("finance", "clean")
    rows = tuple((row.rank, row.name, row.average) for row in page.entries)
    return page.evaluator_version, rows


def hand_in(owner: Any) -> Callable[[int], str]:
    """A newcomer who is scored by the new evaluator, and the rebuild that a worker does."""

    def hand_in(turn: int) -> str:
        called = f"{owner} {turn}"
        scored(owner, called, {"fpb": right(10 + turn, ITEMS)}, evaluator_version="2")
        services.rebuild_board("finance", "clean")
        time.sleep(0.3)
        return called

    return hand_in


def rebuild(turn: int) -> None:
    with suppress(OperationalError):  # SQLite was busy for longer than its timeout
        services.rebuild_board("finance", "clean")


def test_nothing_disappears_the_flip_is_one_step_and_the_preview_is_right(
    alice: Any, bob: Any, carol: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(ENTRIES):
        scored(alice, name(number), {"fpb": right(old(number), ITEMS)})
    services.rebuild_board("finance", "clean")
    new_evaluator(monkeypatch)
    version, before = read(0)
    assert (version, len(before)) == ("1", ENTRIES)

    with Beside(read) as reader, Beside(hand_in(alice)) as one, Beside(hand_in(bob)) as two:
        with Beside(rebuild) as worker:
            started = batches.start(carol, "finance", choosing.on_board("finance"), "Evaluator 2.")
            assert started.queued == ENTRIES
            for item in started.batch.items.select_related("submission"):
                number = int(item.submission.name[-3:])
                Attempt.objects.filter(pk=item.attempt_id).update(stage="published")
                _score(item.submission, new(number))
        one.stop.set(), two.stop.set()
        one.thread.join(), two.thread.join()
        preview = queries.batch(started.batch.pk).previews[0]
        batches.flip(carol, started.batch, "Complete.")
        time.sleep(0.3)

    assert [one.trouble, two.trouble, reader.trouble, worker.trouble] == [[], [], [], []]
    # 1. until the flip everybody saw the old board, whole, and from then on the new one, whole
    late = [*one.found, *two.found]
    assert len(late) > 2
    after = read(0)
    seen = list(dict.fromkeys(reader.found))
    assert seen == [("1", before), after]
    assert {called for _, called, _ in after[1]} == {*late, *map(name, range(ENTRIES))}
    # 2. the preview told who would move, by how much, and whether that is noise
    moves = {move.name: move for move in preview.moves}
    assert {move.name for move in preview.joining} == set(late)
    assert preview.vanishing == ()
    for number in range(ENTRIES):
        move, lost = moves[name(number)], number >= 150
        assert move.difference == pytest.approx(-25 if lost else 0)
        assert (move.outside, move.old_rank) == (lost, ENTRIES - number)
    assert {(move.new_rank, move.name, move.new) for move in preview.moves} <= set(after[1])


def _score(submission: Submission, hits: int) -> None:
    attempt = submission.attempts.order_by("-number").first()
    add_score(attempt, "finance", {"fpb": right(hits, ITEMS)}, True, evaluator_version="2")
    services.mark_dirty("finance", "clean")
