"""Intervals of a mean of tasks; those of one task are in `evaluators.scoring`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluators.scoring import Z95, stratified_stderr

Array = NDArray[np.float64]
Groups = Sequence[NDArray[Any] | None]

TAILS = (2.5, 97.5)
"""Percentiles that a 95 % interval lies between."""


class Mean(NamedTuple):
    """A mean of tasks with its standard error and its 95 % interval, as fractions."""

    average: float
    stderr: float
    low: float
    high: float


def stratified(shares: Sequence[float], sizes: Sequence[float]) -> Mean:
    """The unweighted mean of independent tasks: SE = (1/k) sqrt(sum p_i (1 - p_i) / n_i)."""
    average = math.fsum(shares) / len(shares)
    stderr = stratified_stderr(shares, sizes)
    return Mean(average, stderr, average - Z95 * stderr, average + Z95 * stderr)


def stratified_bootstrap(
    tasks: Sequence[Array], draws: int = 2000, seed: int = 0, groups: Groups | None = None
) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of task means, items redrawn inside each task.

    With an array of labels for a task in `groups`, whole groups are redrawn instead of items: the
    interval for questions of other groups, such as other subjects, and wider for it.
    """
    random = np.random.default_rng(seed)
    labels = groups or [None] * len(tasks)
    means = [
        _redrawn_means(scores, group, draws, random)
        for scores, group in zip(tasks, labels, strict=True)
    ]
    low, high = np.percentile(np.mean(means, axis=0), TAILS)
    return float(low), float(high)


def _redrawn_means(
    scores: Array, group: NDArray[Any] | None, draws: int, random: np.random.Generator
) -> Array:
    """`draws` means of redrawn items, or of redrawn groups with all of their items.

    Items with one score are alike, so how often each score is drawn is one multinomial draw.
    """
    if group is None:
        values, counts = np.unique(scores, return_counts=True)
        n = len(scores)
        return random.multinomial(n, counts / n, draws) @ values / n
    _, place = np.unique(group, return_inverse=True)
    sums, sizes = np.bincount(place, scores), np.bincount(place)
    drawn = random.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), draws)
    return (drawn @ sums) / (drawn @ sizes)
