"""Can printed percentages be shares of so many questions? Pure arithmetic on decimals.

Brown and Heathers, "The GRIM test", Social Psychological and Personality Science 8(4), 2017: a mean
of whole numbers over n is a multiple of 1/n. Here the whole numbers are right answers. A value
passes when rounding or truncation to its decimals could have printed it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from federated.traffic import MIB, run_traffic

DECIMALS = 2
"""What boards print; a value with more decimals is taken with all of them."""
COST_TOLERANCE = 0.02
"""Relative: messages carry a header, and costs are printed with few digits."""
TELLING = 3
"""Columns with one decimal that are no accident: one in a thousand rows has so many by chance."""


class Printed(NamedTuple):
    """A column as it was printed, in percent; `n` is None where the number of questions varies."""

    key: str
    title: str
    n: int | None
    percent: Decimal


def possible(percent: Decimal, n: int) -> bool:
    """Whether some k of n right answers print as this percentage."""
    step = _step(percent)
    value = Fraction(percent)
    right = math.ceil((value - step / 2) * n / 100)
    return max(right, 0) <= n and Fraction(100 * max(right, 0), n) < value + step


def possible_share(n: int) -> float:
    """How much of all percentages with two decimals n questions can print."""
    printed = set()
    for right in range(n + 1):
        hundredths = Fraction(100 * right, n) * 10**DECIMALS
        printed |= {math.floor(hundredths), math.floor(hundredths + Fraction(1, 2))}
    return len(printed) / (100 * 10**DECIMALS + 1)


def neighbours(percent: Decimal, n: int) -> tuple[int, int]:
    """The numbers of right answers whose shares lie on the two sides of a percentage."""
    below = math.floor(Fraction(percent) * n / 100)
    return below, min(below + 1, n)


def impossible(columns: Sequence[Printed]) -> tuple[Printed, ...]:
    """The columns that no number of right answers explains."""
    return tuple(c for c in columns if c.n is not None and not possible(c.percent, c.n))


def equal(columns: Sequence[Printed]) -> tuple[tuple[Printed, Printed], ...]:
    """Pairs of columns with the same value; none right, or all, is no coincidence."""
    between = [c for c in columns if 0 < c.percent < 100]
    return tuple((a, b) for a, b in combinations(between, 2) if a.percent == b.percent)


def exchanged(columns: Sequence[Printed]) -> tuple[tuple[Printed, Printed], ...]:
    """Pairs whose exchange would make every column possible, where not every one is."""
    if not impossible(columns):
        return ()
    return tuple(
        (a, b)
        for a, b in combinations(columns, 2)
        if a.percent != b.percent and not impossible(_exchange(columns, a, b))
    )


def few_decimals(columns: Sequence[Printed]) -> tuple[Printed, ...]:
    """All columns that could show two decimals, if none of them does and they are many enough."""
    could = tuple(c for c in columns if c.n is None or 1000 % c.n)
    if len(could) < TELLING or any(_decimals(c.percent) > 1 for c in could):
        return ()
    return could


def mean_of(columns: Sequence[Printed]) -> Decimal:
    """The unweighted mean of the columns as they are printed."""
    return sum((c.percent for c in columns), Decimal(0)) / len(columns)


def mean_fits(average: Decimal, columns: Sequence[Printed]) -> bool:
    """Whether an average can be the mean of columns that were rounded or truncated, and then be
    rounded or truncated itself."""
    mean = sum((Fraction(c.percent) for c in columns), Fraction(0)) / len(columns)
    part = sum((_step(c.percent) for c in columns), Fraction(0)) / len(columns)
    own, value = _step(average), Fraction(average)
    return mean - part / 2 < value + own and value - own / 2 < mean + part


class Cost(NamedTuple):
    """What a run is said to have sent, and what rounds x clients x adapter x 2 comes to; MiB."""

    said: float
    closed_form: float

    @property
    def ratio(self) -> float:
        return self.said / self.closed_form if self.closed_form else math.inf

    @property
    def fits(self) -> bool:
        """In MiB, or in MB of a million bytes."""
        megabytes = 1e6 / MIB
        return any(abs(self.ratio * unit - 1) <= COST_TOLERANCE for unit in (1, megabytes))


def cost(said_mib: float, parameters: int, clients_per_round: int, rounds: int) -> Cost:
    """A declared cost beside the meter's closed form."""
    return Cost(said_mib, run_traffic(parameters, clients_per_round, rounds).total_mib)


def _exchange(columns: Sequence[Printed], a: Printed, b: Printed) -> tuple[Printed, ...]:
    values = {a.key: b.percent, b.key: a.percent}
    return tuple(c._replace(percent=values.get(c.key, c.percent)) for c in columns)


def _decimals(percent: Decimal) -> int:
    exponent = percent.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _step(percent: Decimal) -> Fraction:
    """One unit of the last decimal."""
    return Fraction(1, 10 ** max(DECIMALS, _decimals(percent)))
