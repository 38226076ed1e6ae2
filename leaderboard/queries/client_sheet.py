"""The table of a run's clients: sorted as asked, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from leaderboard.clients.records import DEFAULT_SORT, Asked, Head, Link, Sheet
from leaderboard.clients.sums import Total

PAGE = 20


class Column(NamedTuple):
    """What can be sorted by. All but the client's number begin with the most."""

    title: str
    hint: str
    value: Callable[[Total], float | None]


COLUMNS = {
    "client": Column("Client", "Its number", lambda row: row.client),
    "turns": Column("Rounds", "How often it was drawn", lambda row: row.turns),
    "seconds": Column("Time, s", "Wall-clock time of all its turns", lambda row: row.seconds),
    "cpu": Column("CPU, s", "Processor time of all its turns", lambda row: row.cpu_seconds),
    "memory": Column("Memory, MiB", "The most it ever took", lambda row: row.peak_memory),
    "gpu": Column("GPU, MiB", "The most it ever took on the GPU", lambda row: row.gpu_memory),
    "tokens": Column("Tokens", "Trained on, every pass counted", lambda row: row.tokens),
    "sent": Column("Sent, MiB", "Both ways", lambda row: row.bytes),
}


def sheet_of(found: Sequence[Total], asked: Asked) -> Sheet | None:
    """None where no client ran."""
    if not found:
        return None
    gpu = any(row.gpu_memory for row in found)
    keys = [key for key in COLUMNS if key != "gpu" or gpu]
    sort = asked.sort if asked.sort in keys else DEFAULT_SORT
    ordered = _ordered(found, sort)
    pages = -(-len(ordered) // PAGE)
    page = min(asked.page, pages)
    start = (page - 1) * PAGE
    return Sheet(
        heads=tuple(_head(key, sort, asked) for key in keys),
        ascending=sort == "client",
        rows=tuple(ordered[start : start + PAGE]),
        first=start + 1,
        of=len(ordered),
        gpu=gpu,
        previous=Link("Earlier", asked.query(page=page - 1)) if page > 1 else None,
        next=Link("Later", asked.query(page=page + 1)) if page < pages else None,
    )


def _ordered(rows: Sequence[Total], sort: str) -> list[Total]:
    """Unknown values last, ties by number."""
    if sort == "client":
        return list(rows)
    value = COLUMNS[sort].value

    def key(row: Total) -> tuple[bool, float, int]:
        known = value(row)
        return (known is None, -(known or 0), row.client)

    return sorted(rows, key=key)


def _head(key: str, sort: str, asked: Asked) -> Head:
    column = COLUMNS[key]
    chosen = "" if key == DEFAULT_SORT else key
    return Head(column.title, column.hint, key == sort, asked.query(sort=chosen, page=1))
