"""Build a board ahead of its readers: one transaction, under the board's lock, at most once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from federated.methods import METHODS
from leaderboard import queue, ranking
from leaderboard.domains import DOMAINS
from leaderboard.models import Board, BoardEntry, Score, TaskScore

MARGIN = 2.0
"""Percentage points left free on both ends of the axis."""
STEP = 5.0
"""The axis begins and ends at a multiple of this."""


class Version(NamedTuple):
    """What scores must share to be compared."""

    suite: str
    evaluator: str


def mark_dirty(domain: str, protocol: str) -> None:
    """Ask for a rebuild; several marks before it make one rebuild."""
    board, _ = Board.objects.get_or_create(domain=domain, protocol=protocol)
    Board.objects.filter(pk=board.pk).update(dirty=True)
    queue.ring_board(domain, protocol)


def rebuild_board(domain: str, protocol: str) -> bool:
    """Rebuild a dirty board; False when it was clean, for example because we came second."""
    with transaction.atomic():
        # On PostgreSQL a row lock, on SQLite the transaction itself (IMMEDIATE).
        found = Board.objects.select_for_update().filter(domain=domain, protocol=protocol)
        board = found.first()
        if board is None or not board.dirty:
            return False
        _rebuild(board)
    return True


def _rebuild(board: Board) -> None:
    # 1. the scores that can be compared with one another
    scores, version = _comparable(board)
    # 2. as rows of the board, in order
    ordered = ranking.order(_entry(board, score) for score in scores)
    for entry, (position, rank) in zip(ordered, ranking.place(ordered), strict=True):
        entry.position, entry.rank = position, rank
    # 3. in place of the old ones
    board.entries.all().delete()
    BoardEntry.objects.bulk_create(ordered, batch_size=500)
    # 4. what the whole table shows
    board.suite_version, board.evaluator_version = version
    board.ranked = sum(entry.rank is not None for entry in ordered)
    board.items = max((sum(task["n"] for task in entry.tasks) for entry in ordered), default=0)
    board.axis_low, board.axis_high = axis(ordered)
    board.dirty, board.built_at, board.sequence = False, timezone.now(), board.sequence + 1
    board.save()


def _comparable(board: Board) -> tuple[list[Score], Version]:
    """The scores of the version that covers most entries; the newest of those that cover as many.

    So a new evaluator version takes the board over when re-evaluation has reached everybody, in
    one step, and until then the old numbers stay.
    """
    everything = (
        Score.objects.filter(suite=board.domain, protocol=board.protocol)
        .select_related("submission__owner", "attempt")
        .defer("attempt__evaluation_result", "attempt__evaluation_job", "attempt__training_job")
        .defer("submission__recipe", "submission__recipe_text")
        .prefetch_related("tasks")
        .order_by("created", "pk")
    )
    by_version: dict[Version, list[Score]] = {}
    for score in everything:
        by_version.setdefault(_version(score), []).append(score)
    if not by_version:
        return [], Version("", "")
    covered = Counter({version: len(scores) for version, scores in by_version.items()})
    chosen = max(by_version, key=lambda version: (covered[version], by_version[version][-1].pk))
    return by_version[chosen], chosen


def _version(score: Score) -> Version:
    return Version(score.suite_version, score.evaluator_version)


def _entry(board: Board, score: Score) -> BoardEntry:
    submission = score.submission
    method = METHODS.get(submission.method)
    return BoardEntry(
        board=board,
        submission=submission,
        name=submission.name,
        owner=submission.owner.get_username(),
        method=submission.method,
        method_title=method.title if method else submission.method,
        base_model=submission.base_model,
        trust=submission.trust,
        is_control=submission.is_control,
        average=percent(score.average),
        low=percent(score.low),
        high=percent(score.high),
        corrected=percent(score.corrected),
        unscored=score.unscored,
        tasks=[_cell(board.domain, task) for task in score.tasks.all()],
        submitted_at=submission.created,
        **_costs(score.attempt.training_result or {}),
    )


def _cell(domain: str, task: TaskScore) -> dict[str, Any]:
    known = DOMAINS.get(domain)
    return {
        "key": task.task,
        "title": known.task_title(task.task) if known else task.task,
        "n": task.n,
        "accuracy": percent(task.accuracy),
        "low": percent(task.low),
        "high": percent(task.high),
        "corrected": percent(task.corrected),
        "compliance": percent(task.compliance),
        "unscored": task.unscored,
    }


def _costs(result: dict[str, Any]) -> dict[str, float | int | None]:
    """What the run took; None where the record does not say."""
    traffic = result.get("traffic") or {}
    down, up = traffic.get("bytes_down"), traffic.get("bytes_up")
    trained, memory = result.get("trained_parameters"), result.get("peak_memory_bytes")
    return {
        "gigabytes": None if down is None or up is None else (down + up) / 1024**3,
        "trained_millions": None if trained is None else trained / 1e6,
        "memory_gigabytes": None if memory is None else memory / 1024**3,
        "seconds": result.get("seconds"),
        "rounds": result.get("rounds"),
    }


def axis(entries: Sequence[BoardEntry]) -> tuple[float, float]:
    """One axis for all interval bars: as narrow as the intervals allow, within 0 to 100."""
    ends = [
        value
        for entry in entries
        for value in (entry.low, entry.average, entry.high)
        if value is not None
    ]
    if not ends:
        return 0.0, 100.0
    low = max(0.0, (min(ends) - MARGIN) // STEP * STEP)
    high = min(100.0, -(-(max(ends) + MARGIN) // STEP) * STEP)
    return low, high


def percent(share: float | None) -> float | None:
    """A fraction as percent, at full precision."""
    return None if share is None else 100 * share
