"""Where the marks of a chart stand. Pure: numbers in, places out; no markup and no framework.

Places are percent of the drawing's width and height, so that a chart fits any screen while its
text and its dots keep their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple

Axis = tuple[float, float]

DOT_ROOM = 2.5
"""Percent kept free at both ends of an interval bar, so that no dot is cut."""


class Tick(NamedTuple):
    """One labelled place of an axis."""

    at: float
    value: float


class IntervalBar(NamedTuple):
    """A value and its interval on a shared axis."""

    dot: float
    start: float
    end: float


class Curve(NamedTuple):
    """A line from left to right, with its grid."""

    points: str
    """For `<polyline>` in a box of 100 by 100."""
    last: tuple[float, float]
    horizontal: tuple[Tick, ...]
    vertical: tuple[Tick, ...]


class Mark(NamedTuple):
    """One entry of a scatter."""

    x: float
    y: float
    best: bool
    """Whether no other entry is both cheaper and at least as good."""


class Segment(NamedTuple):
    """A straight piece of the line that joins the best marks."""

    x1: float
    y1: float
    x2: float
    y2: float


class Scatter(NamedTuple):
    """Score against cost, on a logarithmic cost axis."""

    marks: tuple[Mark, ...]
    frontier: tuple[Segment, ...]
    horizontal: tuple[Tick, ...]
    vertical: tuple[Tick, ...]


def place(value: float, axis: Axis, start: float = 0.0, end: float = 100.0) -> float:
    """Where a value stands between `start` and `end`; values off the axis stand at its ends."""
    low, high = axis
    if high <= low:
        return round((start + end) / 2, 2)
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return round(start + share * (end - start), 2)


def interval_bar(value: float, low: float, high: float, axis: Axis) -> IntervalBar:
    """The dot and both ends of the bar, percent of the drawing's width."""
    return IntervalBar(*(place(v, axis, DOT_ROOM, 100 - DOT_ROOM) for v in (value, low, high)))


def ticks(low: float, high: float, most: int = 5) -> tuple[float, ...]:
    """At most `most` round values that lie in [low, high], equally spaced.

    >>> ticks(52.3, 84.1)
    (60.0, 70.0, 80.0)
    """
    if high <= low:
        return (low,)
    step = _round_step((high - low) / most)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return tuple(round(n * step, 10) for n in range(first, last + 1))


def _round_step(rough: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** floor(log10(rough))
    return power * next(n for n in (1, 2, 5, 10) if n * power >= rough * (1 - 1e-9))


def axis_ticks(axis: Axis) -> tuple[Tick, ...]:
    """Ticks of the shared axis of the interval bars."""
    return tuple(
        Tick(place(value, axis, DOT_ROOM, 100 - DOT_ROOM), value) for value in ticks(*axis, most=3)
    )


def curve(points: Sequence[tuple[float, float]], until: float | None = None) -> Curve | None:
    """A line through (x, y) in rising x; the x axis runs on to `until`. None below two points."""
    if len(points) < 2:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    across: Axis = (xs[0], max(xs[-1], until or xs[-1]))
    upright = _padded(min(ys), max(ys))
    spots = [(place(x, across), place(y, upright, 100, 0)) for x, y in points]
    return Curve(
        points=" ".join(f"{x:g},{y:g}" for x, y in spots),
        last=spots[-1],
        horizontal=tuple(Tick(place(x, across), x) for x in dict.fromkeys((*across, xs[-1]))),
        vertical=tuple(Tick(place(y, upright, 100, 0), y) for y in ticks(*upright, most=4)),
    )


def _padded(low: float, high: float) -> Axis:
    """A little air above and below, also where all values are the same."""
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low - air, high + air)


def scatter(points: Sequence[tuple[float, float]]) -> Scatter | None:
    """Score against cost for (cost, score) pairs. None below two points with a positive cost."""
    shown = [(cost, score) for cost, score in points if cost > 0]
    if len(shown) < 2 or len(shown) < len(points):
        return None
    across = _decades([cost for cost, _ in shown])
    upright = _padded(min(s for _, s in shown), max(s for _, s in shown))
    best = _unbeaten(shown)
    marks = tuple(
        Mark(place(log10(c), across, 4, 96), place(s, upright, 100, 0), n in best)
        for n, (c, s) in enumerate(shown)
    )
    joined = sorted((mark.x, mark.y) for mark in marks if mark.best)
    return Scatter(
        marks=marks,
        frontier=tuple(Segment(*a, *b) for a, b in pairwise(joined)),
        horizontal=log_ticks(across, 4, 96),
        vertical=tuple(Tick(place(y, upright, 100, 0), y) for y in ticks(*upright, most=4)),
    )


def _decades(costs: Sequence[float]) -> Axis:
    """The logarithms of the cheapest and the dearest, at least a third of a decade apart."""
    low, high = log10(min(costs)), log10(max(costs))
    air = max(0.0, 1 / 3 - (high - low)) / 2 + 0.05
    return (low - air, high + air)


def log_ticks(across: Axis, start: float, end: float) -> tuple[Tick, ...]:
    """1, 2 and 5 of each decade on a short axis, 1 and 3 on a longer one, else only the decades.

    `across` are the logarithms (base 10) of the axis's ends, placed between `start` and `end`.
    """
    span = across[1] - across[0]
    heads = (1, 2, 5) if span < 1.2 else (1, 3) if span < 2.5 else (1,)
    values = [n * 10.0**power for power in range(floor(across[0]), ceil(across[1])) for n in heads]
    return tuple(
        Tick(place(log10(v), across, start, end), v)
        for v in values
        if across[0] <= log10(v) <= across[1]
    )


def _unbeaten(points: Sequence[tuple[float, float]]) -> set[int]:
    """Indices of the points that no other point beats: not dearer, and better at one of the two."""
    order = sorted(range(len(points)), key=lambda n: (points[n][0], -points[n][1]))
    best: set[int] = set()
    top = float("-inf")
    for n in order:
        if points[n][1] > top:
            best.add(n)
            top = points[n][1]
    return best
