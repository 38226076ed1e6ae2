"""Ranks with their range: which entries of a board can be told apart at all.

All pairs are tested at once, so the test has to be one matrix product. Where two entries answered
the same items it is the normal approximation of `paired_permutation`: under random signs the
difference of two averages has the variance sum_t w_t^2 sum_i (a_ti - b_ti)^2, with w_t the weight
of one item of task t. For one task that is McNemar's z = (b10 - b01) / sqrt(b10 + b01). Where
items are missing or are not the same, the standard errors of the two averages take its place.
Questions are the unit, not their subjects: a board asks about its own subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from .intervals import Array

LEVEL = 0.05
"""The chance that any pair at all is separated wrongly (Holm 1979)."""
MOST_COMPARED = 2000
"""Above so many entries, two million pairs, a board has ranks without their range."""
NOTHING = 1e-9
"""Squared differences of item scores below this come from rounding."""


class Stratum(NamedTuple):
    """One task of an entry."""

    items: tuple[str, ...]
    scores: NDArray[np.floating[Any]]
    """Of each item, from 0 to 1."""
    weight: float
    """Of the task's mean in the entry's average."""


class Entrant(NamedTuple):
    """What the tests know of an entry; fractions from 0 to 1."""

    average: float
    stderr: float | None
    strata: tuple[Stratum, ...] | None
    """None where items are not stored."""


class Place(NamedTuple):
    """The ranks an entry may have, and the group of entries it belongs to, from 1."""

    rank_low: int
    rank_high: int
    tier: int


class Separation(NamedTuple):
    """Each entry's place, and how it was found."""

    places: tuple[Place, ...]
    pairs: int
    paired: int
    """Pairs that were tested on shared items."""


def rank_intervals(entries: Sequence[Entrant]) -> Separation:
    """Every entry against every other; entries come best first, as their tiers follow that order.

    At the best an entry stands behind those that are significantly above it, at the worst
    before those that are significantly below.
    """
    n = len(entries)
    variance, shared = _difference_variance(entries)
    above = _separated(np.array([entry.average for entry in entries]), variance)
    low, high = 1 + above.sum(axis=0), n - above.sum(axis=1)
    places = tuple(
        Place(int(best), int(worst), tier)
        for best, worst, tier in zip(low, high, tiers(above), strict=True)
    )
    return Separation(places, n * (n - 1) // 2, int(np.triu(shared, 1).sum()))


def tiers(above: NDArray[np.bool_]) -> list[int]:
    """Group numbers from 1, where `above[i, j]` says that entry i is significantly above j.

    A new group begins at the first entry that is significantly below its group's first one.
    """
    found: list[int] = []
    first = 0
    for place in range(len(above)):
        if above[first, place]:
            first = place
        found.append(found[-1] + (first == place) if found else 1)
    return found


def holm(p_values: Sequence[float] | Array) -> Array:
    """Adjusted p-values that may be compared with one level for all (Holm 1979)."""
    found = np.asarray(p_values, dtype=float)
    order = np.argsort(found, kind="stable")
    stepped = found[order] * np.arange(len(found), 0, -1)
    adjusted = np.empty_like(found)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def borda(tables: Sequence[Sequence[float]]) -> list[float]:
    """Points of each entry from several rank tables: in each, one for every entry that is ranked
    worse and half a one for every other that is ranked the same. All tables rank all entries.
    """
    points = np.zeros(len(tables[0]) if tables else 0)
    for table in tables:
        _, place, same = np.unique(table, return_inverse=True, return_counts=True)
        worse = len(table) - np.cumsum(same)
        points += (worse + (same - 1) / 2)[place]
    return [float(found) for found in points]


def _separated(averages: Array, variance: Array) -> NDArray[np.bool_]:
    """[i, j]: entry i is significantly above j, over all pairs."""
    one, other = np.triu_indices(len(averages), 1)
    difference, spread = averages[one] - averages[other], np.sqrt(variance[one, other])
    z = np.divide(difference, spread, out=np.zeros_like(difference), where=spread > 0)
    significant = holm(2 * ndtr(-np.abs(z))) <= LEVEL
    above = np.zeros(variance.shape, dtype=bool)
    above[one, other], above[other, one] = significant & (z > 0), significant & (z < 0)
    return above


def _difference_variance(entries: Sequence[Entrant]) -> tuple[Array, NDArray[np.bool_]]:
    """Variance of each pair's difference, and which pairs share their items.

    An unknown standard error makes the variance infinite: such a pair is never separated.
    """
    unknown = [np.inf if entry.stderr is None else entry.stderr**2 for entry in entries]
    variance = np.add.outer(unknown, unknown)
    shared = np.zeros(variance.shape, dtype=bool)
    for members in _same_items(entries):
        block = np.ix_(members, members)
        variance[block] = _paired_variance([entries[place].strata or () for place in members])
        shared[block] = True
    return variance, shared


def _same_items(entries: Sequence[Entrant]) -> list[list[int]]:
    """Places of entries with the same items in every task."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for place, entry in enumerate(entries):
        if entry.strata is not None:
            key = tuple((stratum.items, stratum.weight) for stratum in entry.strata)
            found.setdefault(key, []).append(place)
    return list(found.values())


def _paired_variance(entries: Sequence[tuple[Stratum, ...]]) -> Array:
    """sum_t (w_t / n_t)^2 sum_i (a_ti - b_ti)^2 for all pairs: exact for scores of 0 and 1."""
    total = np.zeros((len(entries), len(entries)))
    for task in zip(*entries, strict=True):
        scores = np.stack([stratum.scores for stratum in task]).astype(float)
        products = scores @ scores.T
        own = np.diag(products)
        squares = own[:, None] + own[None] - 2 * products
        squares[squares < NOTHING] = 0.0
        total += (task[0].weight / scores.shape[1]) ** 2 * squares
    return total
