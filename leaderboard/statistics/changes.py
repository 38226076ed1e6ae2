"""One entry scored twice: did its score change by more than noise?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from evaluators.scoring import Z95

from .separation import NOTHING, Entrant, Stratum


class Change(NamedTuple):
    """After minus before, as fractions."""

    difference: float
    low: float | None
    high: float | None
    """95 % interval; None where nothing is known of the noise."""
    p: float | None
    """Two-sided: a change at least so large if the two scorings differ by chance only."""
    paired: bool
    """Whether both scored the same items."""


def change(before: Entrant, after: Entrant) -> Change:
    """The normal approximation of `paired_permutation`, or of the two standard errors where the
    items are not the same."""
    difference = after.average - before.average
    pairs = _pairs(before, after)
    if pairs is not None:
        return _paired(difference, pairs)
    if before.stderr is None or after.stderr is None:
        return Change(difference, None, None, None, False)
    spread = float(np.hypot(before.stderr, after.stderr))
    return _of(difference, spread, spread, paired=False)


def _pairs(before: Entrant, after: Entrant) -> list[tuple[Stratum, Stratum]] | None:
    """Task by task, if both have the same items with the same weights."""
    if not before.strata or not after.strata or len(before.strata) != len(after.strata):
        return None
    pairs = list(zip(before.strata, after.strata, strict=True))
    same = all(one.items == two.items and one.weight == two.weight for one, two in pairs)
    return pairs if same else None


def _paired(difference: float, pairs: list[tuple[Stratum, Stratum]]) -> Change:
    """Var = sum_t w_t^2 / n_t * mean_i d_ti^2 if neither is better; about its mean for the
    interval."""
    null = spread = 0.0
    for one, two in pairs:
        moved = np.subtract(two.scores, one.scores, dtype=float)
        share = one.weight**2 / len(moved)
        null += share * float(np.mean(moved**2))
        spread += share * float(np.var(moved))
    return _of(difference, float(np.sqrt(null)), float(np.sqrt(spread)), paired=True)


def _of(difference: float, null: float, spread: float, paired: bool) -> Change:
    p = 1.0 if abs(difference) < NOTHING else float(2 * ndtr(-abs(difference) / max(null, NOTHING)))
    reach = Z95 * spread
    return Change(difference, difference - reach, difference + reach, p, paired)
