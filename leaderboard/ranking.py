"""The one order of a board. Pure.

    average, highest first; entries without one last; then earlier submission; then id

Equal averages share a rank at full precision and the next rank is skipped: 1, 2, 2, 4. Controls
and numbers that are only reported stand in the order but carry no rank and take none away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar


class Entry(Protocol):
    """What the order looks at."""

    average: float | None
    submitted_at: datetime
    is_control: bool
    trust: str

    @property
    def submission_id(self) -> str: ...


E = TypeVar("E", bound=Entry)


class Placed(NamedTuple):
    """An entry's place: its row from 1 and its rank, if it has one."""

    position: int
    rank: int | None


def order(entries: Iterable[E]) -> list[E]:
    """The entries, best first."""
    return sorted(entries, key=_key)


def place(ordered: Iterable[Entry]) -> list[Placed]:
    """Position and rank of each of the ordered entries."""
    placed, counted = [], 0
    last: tuple[float, int] | None = None
    for position, entry in enumerate(ordered, start=1):
        if not may_rank(entry) or entry.average is None:
            placed.append(Placed(position, None))
            continue
        counted += 1
        rank = last[1] if last and last[0] == entry.average else counted
        last = (entry.average, rank)
        placed.append(Placed(position, rank))
    return placed


def may_rank(entry: Entry) -> bool:
    """Whether an entry takes part: no control, and not numbers from elsewhere."""
    return not entry.is_control and entry.trust != "reported"


def _key(entry: Entry) -> tuple[bool, float, datetime, str]:
    return (
        entry.average is None,
        -(entry.average or 0.0),
        entry.submitted_at,
        entry.submission_id,
    )
