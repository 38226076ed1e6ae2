"""Build a board ahead of its readers: one transaction, under the board's lock, at most once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from leaderboard import queue, ranking
from leaderboard.models import Board, BoardEntry
from leaderboard.overall import OVERALLS, overall_of

from .comparing import give_ranges, read_ahead
from .entries import Rows, Version, domain_rows
from .lines import overall_rows

MARGIN = 2.0
"""Percentage points left free on both ends of the axis."""
STEP = 5.0
"""The axis begins and ends at a multiple of this."""


def mark_dirty(domain: str, protocol: str) -> None:
    """Ask for a rebuild; several marks before it make one rebuild."""
    board, _ = Board.objects.get_or_create(domain=domain, protocol=protocol)
    Board.objects.filter(pk=board.pk).update(dirty=True)
    queue.ring_board(domain, protocol)


def rebuild_board(domain: str, protocol: str) -> bool:
    """Rebuild a dirty board; False when it was clean, for example because we came second.

    What changed in a domain changes its overall board, which becomes dirty.
    """
    found = Board.objects.filter(domain=domain, protocol=protocol, dirty=True)
    if not found.exists():
        return False
    read_ahead(_domains(domain), protocol)
    with transaction.atomic():
        # On PostgreSQL a row lock, on SQLite the transaction itself (IMMEDIATE).
        board = found.select_for_update().first()
        if board is None:
            return False
        build(board)
        if overall := overall_of(domain):
            mark_dirty(overall, protocol)
    return True


def _domains(board: str) -> list[str]:
    """Whose scores a board shows."""
    return [domain.key for domain in OVERALLS[board].domains] if board in OVERALLS else [board]


def build(board: Board, version: Version | None = None) -> None:
    """Replace what a board shows, under its lock; with another `version` than before in a flip."""
    overall = board.domain in OVERALLS
    # 1. the scores that can be compared with one another, as rows
    rows = overall_rows(board) if overall else domain_rows(board, version)
    # 2. in order, each with its rank
    ordered = ordered_rows(rows)
    # 3. and with the ranks it may have
    ranked = [entry for entry in ordered if entry.rank is not None]
    board.pairs, board.paired = give_ranges(ranked, rows, overall)
    # 4. in place of the old ones
    board.entries.all().delete()
    BoardEntry.objects.bulk_create(ordered, batch_size=500)
    # 5. what the whole table shows
    board.suite_version, board.evaluator_version = rows.suite, rows.evaluator
    board.ranked = len(ranked)
    board.items = max((sum(task["n"] for task in entry.tasks) for entry in ordered), default=0)
    board.axis_low, board.axis_high = axis(ordered, lowest=-100.0 if overall else 0.0)
    board.dirty, board.built_at, board.sequence = False, timezone.now(), board.sequence + 1
    board.save()


def ordered_rows(rows: Rows) -> list[BoardEntry]:
    """The entries best first, with position and rank."""
    ordered = ranking.order(rows.entries)
    for entry, (position, rank) in zip(ordered, ranking.place(ordered), strict=True):
        entry.position, entry.rank = position, rank
    return ordered


def axis(entries: Sequence[BoardEntry], lowest: float = 0.0) -> tuple[float, float]:
    """One axis for all interval bars: as narrow as the intervals allow, within `lowest` to 100."""
    ends = [
        value
        for entry in entries
        for value in (entry.low, entry.average, entry.high)
        if value is not None
    ]
    if not ends:
        return 0.0, 100.0
    low = max(lowest, (min(ends) - MARGIN) // STEP * STEP)
    high = min(100.0, -(-(max(ends) + MARGIN) // STEP) * STEP)
    return low, high
