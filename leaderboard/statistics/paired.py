"""Two entries on the same items: is one better, and by how much?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from .intervals import Array, stratified_bootstrap

DIGITS = 9
"""Item scores that agree to so many decimals are the same score."""


class Discordant(NamedTuple):
    """McNemar's test: the items that only one of two entries has right."""

    b01: int
    """Right in the second only."""
    b10: int
    """Right in the first only."""
    p: float


class Difference(NamedTuple):
    """First minus second, in the mean of task means, as fractions."""

    difference: float
    low: float
    high: float
    """95 % interval from a paired bootstrap: items redrawn inside each task."""
    p: float
    """Two-sided, from the permutation test."""


def mcnemar(first: ArrayLike, second: ArrayLike) -> Discordant:
    """Exact two-sided test on one task's right-or-wrong items (McNemar 1947).

    If neither is better, each item that only one has right is a toss of a fair coin.
    """
    one, other = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    b01, b10 = int(np.sum(~one & other)), int(np.sum(one & ~other))
    fewer = float(bdtr(min(b01, b10), b01 + b10, 0.5))
    return Discordant(b01, b10, min(1.0, 2 * fewer))


def paired_permutation(
    first: Sequence[Array], second: Sequence[Array], draws: int = 10_000, seed: int = 0
) -> Difference:
    """Compare two entries on the items both have; one array of scores a task, in the same order.

    If neither is better, an item's two scores could as well be the other way round: the test
    changes the sign of each item's difference at random, inside its task. The observed
    difference counts as one of the draws, so that p is never 0 (Phipson and Smyth 2010).
    """
    random = np.random.default_rng(seed)
    differences = [
        np.round(np.subtract(one, other), DIGITS) for one, other in zip(first, second, strict=True)
    ]
    observed = float(np.mean([task.mean() for task in differences]))
    flipped = np.mean([_flipped_means(task, draws, random) for task in differences], axis=0)
    as_far = int(np.sum(np.abs(flipped) >= abs(observed) - 10**-DIGITS))
    low, high = stratified_bootstrap(differences, draws, seed)
    return Difference(observed, low, high, (1 + as_far) / (1 + draws))


def _flipped_means(differences: Array, draws: int, random: np.random.Generator) -> Array:
    """`draws` means of the differences under random signs.

    Of the items that differ by the same amount only the number of plus signs matters: one
    binomial draw for all of them.
    """
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    plus = random.binomial(counts, 0.5, (draws, len(counts)))
    return (2 * plus - counts) @ sizes / len(differences)
