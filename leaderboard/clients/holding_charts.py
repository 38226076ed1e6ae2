"""Where the marks of "Who holds what" stand: labels and lengths, a row a client. Pure.

Places across are percent, places down are pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from ..charts import Tick
from .partition import Lengths, Partition

MOST_CLIENTS = 50
MOST_SERIES = 8
"""Kinds of rows that a picture can tell apart; the last of them is all the rarer ones."""
ROW = 20
REST = "all others"
MOST_TICKS = 6


class Series(NamedTuple):
    """One label of the picture. Its texture is by its place."""

    label: str
    rows: int
    share: float
    """Of all rows, percent."""


class Piece(NamedTuple):
    """A label's part of one client's rows."""

    series: int
    label: str
    x: float
    width: float
    rows: int


class Mix(NamedTuple):
    """One client's labels, and how many rows it holds."""

    client: int
    top: int
    middle: int
    rows: int
    pieces: tuple[Piece, ...]


class Mixes(NamedTuple):
    """Labels by client."""

    series: tuple[Series, ...]
    rows: tuple[Mix, ...]
    height: int


class Column(NamedTuple):
    """All clients' rows of one length."""

    title: str
    x: float
    width: float
    top: float
    """Percent from above."""
    height: float
    rows: int


class Spread(NamedTuple):
    """One client's lengths: the middle 80 % of its rows, and the median."""

    client: int
    middle: int
    low: float
    median: float
    high: float
    title: str
    """Between which lengths the median lies."""


class Spreads(NamedTuple):
    """Lengths of all rows, then by client, on one axis of equally wide bins."""

    unit: str
    columns: tuple[Column, ...]
    rows: tuple[Spread, ...]
    height: int
    ticks: tuple[Tick, ...]


def mixes(found: Partition) -> Mixes | None:
    """None without labels."""
    if not found.counts:
        return None
    series, groups = _series(found)
    shown = list(zip(found.sizes, found.counts, strict=True))[:MOST_CLIENTS]
    rows = tuple(
        Mix(
            client=client,
            top=client * ROW + 3,
            middle=client * ROW + ROW // 2,
            rows=size,
            pieces=_pieces(counts, series, groups),
        )
        for client, (size, counts) in enumerate(shown)
    )
    return Mixes(series, rows, ROW * len(rows))


def _series(found: Partition) -> tuple[tuple[Series, ...], list[list[int]]]:
    """The commonest labels in order, and for each the columns of the file that it stands for."""
    sums = [sum(column) for column in zip(*found.counts, strict=True)]
    order = sorted(range(len(sums)), key=lambda n: (-sums[n], n))
    groups = [[n] for n in order[:MOST_SERIES]]
    if len(order) > MOST_SERIES:
        groups[-1] = order[MOST_SERIES - 1 :]
    whole = max(sum(sums), 1)
    series = []
    for group in groups:
        rows = sum(sums[n] for n in group)
        label = found.labels[group[0]] if len(group) == 1 else f"{REST} ({len(group)})"
        series.append(Series(label, rows, 100 * rows / whole))
    return tuple(series), groups


def _pieces(
    counts: Sequence[int], series: Sequence[Series], groups: Sequence[Sequence[int]]
) -> tuple[Piece, ...]:
    parts = [sum(counts[n] for n in group) for group in groups]
    whole = max(sum(parts), 1)
    starts = [0, *accumulate(parts)]
    return tuple(
        Piece(n, series[n].label, _share(starts[n], whole), _share(part, whole), part)
        for n, part in enumerate(parts)
        if part
    )


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2)


def spreads(lengths: Lengths | None) -> Spreads | None:
    """None without lengths."""
    if lengths is None:
        return None
    sums = [sum(column) for column in zip(*lengths.counts, strict=True)]
    rows = [
        _spread(client, lengths, counts)
        for client, counts in enumerate(lengths.counts[:MOST_CLIENTS])
        if sum(counts)
    ]
    return Spreads(
        unit=lengths.unit or "length",
        columns=_columns(lengths, sums),
        rows=tuple(rows),
        height=ROW * min(len(lengths.counts), MOST_CLIENTS),
        ticks=_edges(lengths),
    )


def _columns(lengths: Lengths, sums: Sequence[int]) -> tuple[Column, ...]:
    width, most = 100 / len(sums), max(*sums, 1)
    heights = [round(100 * count / most, 2) for count in sums]
    return tuple(
        Column(piece.title, round(n * width, 2), round(width, 2), 100 - height, height, count)
        for n, (piece, height, count) in enumerate(zip(lengths.bins, heights, sums, strict=True))
    )


def _edges(lengths: Lengths) -> tuple[Tick, ...]:
    """A few of the edges between bins."""
    edges = [piece.low for piece in lengths.bins]
    if lengths.bins[-1].high is not None:
        edges.append(lengths.bins[-1].high)
    every = -(-len(edges) // MOST_TICKS)
    width = 100 / len(lengths.bins)
    return tuple(Tick(round(n * width, 2), edges[n]) for n in range(0, len(edges), every))


def _spread(client: int, lengths: Lengths, counts: Sequence[int]) -> Spread:
    low, middle, high = (_quantile(counts, share) for share in (0.1, 0.5, 0.9))
    width = 100 / len(counts)
    return Spread(
        client=client,
        middle=client * ROW + ROW // 2,
        low=round(low * width, 2),
        median=round(middle * width, 2),
        high=round(high * width, 2),
        title=lengths.bins[min(int(middle), len(counts) - 1)].title,
    )


def _quantile(counts: Sequence[int], share: float) -> float:
    """Where so many of the rows lie below, in bins from the left; rows spread evenly in a bin."""
    wanted = share * sum(counts)
    below = 0
    for n, count in enumerate(counts):
        if count and below + count >= wanted:
            return n + (wanted - below) / count
        below += count
    return float(len(counts))
