"""What a partition comes to: how it was dealt out, how uneven it is, and its pictures."""

from __future__ import annotations

from functools import lru_cache
from statistics import median
from typing import NamedTuple

from . import holding_charts, partition
from .holding_charts import MOST_CLIENTS, Mixes, Spreads
from .partition import Partition

KEPT_HOLDINGS = 8

HOW = {
    "iid": "Shuffled and dealt out evenly, so that every client holds about the same mix",
    "dirichlet": "Each client drew its own mix of labels from a Dirichlet distribution",
    "natural": "As the data come: a client is one of their own sources",
    "quantity": "The same mix everywhere, but some clients hold far more rows than others",
}


class Holdings(NamedTuple):
    """Who holds what."""

    problems: tuple[str, ...]
    partition: Partition
    how: str
    """How the rows were dealt out, in words."""
    rows: int
    smallest: int
    middle: float
    largest: int
    imbalance: float | None
    mixes: Mixes | None
    spreads: Spreads | None
    listed: tuple[tuple[int, int, tuple[int, ...], tuple[int, ...]], ...]
    """(client, rows, rows of each label, rows of each length), as many as the tables have room."""


@lru_cache(maxsize=KEPT_HOLDINGS)
def read(digest: str) -> Holdings:
    """Of a stored file; `StorageError` where it is missing or changed."""
    return hold(partition.partition(digest))


def hold(found: Partition) -> Holdings:
    """Everything a page shows of it."""
    sizes = found.sizes or (0,)
    return Holdings(
        problems=found.problems,
        partition=found,
        how=_how(found),
        rows=sum(sizes),
        smallest=min(sizes),
        middle=median(sizes),
        largest=max(sizes),
        imbalance=imbalance(found),
        mixes=holding_charts.mixes(found),
        spreads=holding_charts.spreads(found.lengths),
        listed=_listed(found),
    )


def _how(found: Partition) -> str:
    """How the rows were dealt out, with what decided it."""
    said = [f"{name} {value}" for name, value in found.parameters]
    said += [] if found.seed is None else [f"seed {found.seed}"]
    words = HOW.get(found.kind, found.kind)
    return f"{words} ({', '.join(said)})." if said else f"{words}."


def imbalance(found: Partition) -> float | None:
    """Percent of its rows that a client would have to swap, on average over all rows, to hold the
    mix of all clients together: the total variation distance. None without labels."""
    sums = [sum(column) for column in zip(*found.counts, strict=True)]
    whole = sum(sums)
    if not whole:
        return None
    away = 0.0
    for counts in found.counts:
        size = sum(counts)
        away += (
            sum(abs(n - size * total / whole) for n, total in zip(counts, sums, strict=True)) / 2
        )
    return 100 * away / whole


def _listed(found: Partition) -> tuple[tuple[int, int, tuple[int, ...], tuple[int, ...]], ...]:
    nothing: tuple[tuple[int, ...], ...] = ((),) * min(len(found.sizes), MOST_CLIENTS)
    counts = found.counts[:MOST_CLIENTS] or nothing
    lengths = found.lengths.counts[:MOST_CLIENTS] if found.lengths else nothing
    rows = zip(found.sizes[:MOST_CLIENTS], counts, lengths, strict=True)
    return tuple((client, *row) for client, row in enumerate(rows))
