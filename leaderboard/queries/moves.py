"""What a flip would do to a board: who moves, by how much, and whether it is more than noise."""

from __future__ import annotations

from collections.abc import Sequence

from leaderboard.batch_records import Move, Preview
from leaderboard.models import Board, BoardEntry
from leaderboard.services.boards import ordered_rows
from leaderboard.services.comparing import domain_entrant
from leaderboard.services.entries import Rows, Version, domain_rows, version_shown
from leaderboard.statistics import LEVEL, Change, change, holm

Entries = dict[str, BoardEntry]


def preview(board: Board, version: Version) -> Preview:
    """The board as it is and as it would be. A fixed number of queries."""
    old, new = domain_rows(board), domain_rows(board, version)
    before, after = _by_id(old), _by_id(new)
    both = [key for key in before if key in after]
    changes = _changes(old, new, both)
    outside = _beyond_noise(changes)
    moves = [_move(before[key], after[key], changes.get(key), key in outside) for key in both]
    return Preview(
        protocol=board.protocol,
        old_version=version_shown(board).evaluator,
        new_version=version.evaluator,
        moves=tuple(sorted(moves, key=_weight)),
        joining=tuple(_move(None, after[key]) for key in after if key not in before),
        vanishing=tuple(_move(before[key], None) for key in before if key not in after),
    )


def _by_id(rows: Rows) -> Entries:
    return {entry.submission_id: entry for entry in ordered_rows(rows)}


def _changes(old: Rows, new: Rows, both: Sequence[str]) -> dict[str, Change]:
    """Of those who have an average before and after."""
    pairs = {key: (old.scores[key], new.scores[key]) for key in both}
    return {
        key: change(domain_entrant(before), domain_entrant(after))
        for key, (before, after) in pairs.items()
        if before[0].average is not None and after[0].average is not None
    }


def _beyond_noise(changes: dict[str, Change]) -> set[str]:
    """Holm's procedure over the whole board: at 5 % not one change is called so by chance."""
    known = {key: found.p for key, found in changes.items() if found.p is not None}
    adjusted = holm(list(known.values()))
    return {key for key, p in zip(known, adjusted, strict=True) if p <= LEVEL}


def _move(
    old: BoardEntry | None, new: BoardEntry | None, found: Change | None = None, out: bool = False
) -> Move:
    entry = new or old
    assert entry is not None
    return Move(
        submission_id=entry.submission_id,
        name=entry.name,
        owner=entry.owner,
        is_control=entry.is_control,
        old=old.average if old else None,
        new=new.average if new else None,
        old_rank=old.rank if old else None,
        new_rank=new.rank if new else None,
        difference=_points(found.difference) if found else None,
        low=_points(found.low) if found else None,
        high=_points(found.high) if found else None,
        outside=out,
        paired=bool(found and found.paired),
    )


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _weight(move: Move) -> tuple[bool, int, float, str]:
    return (not move.outside, -abs(move.climbed), -abs(move.difference or 0.0), move.name)
