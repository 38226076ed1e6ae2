"""Which percentages n questions can print, worked by hand and by counting."""

from __future__ import annotations

from decimal import Decimal

import pytest

from federated.traffic import MIB
from leaderboard.statistics.plausibility import (
    Printed,
    cost,
    equal,
    exchanged,
    few_decimals,
    impossible,
    mean_fits,
    neighbours,
    possible,
    possible_share,
)


def columns(*values: tuple[int | None, str]) -> tuple[Printed, ...]:
    return tuple(Printed(f"t{i}", f"T{i}", n, Decimal(v)) for i, (n, v) in enumerate(values))


@pytest.mark.parametrize(
    ("percent", "allowed"),
    # 2 of 3 is 66.666...: rounded 66.67, truncated 66.66.
    [("66.66", True), ("66.67", True), ("66.65", False), ("66.68", False), ("0", True)],
)
def test_a_share_may_be_rounded_or_truncated(percent: str, allowed: bool) -> None:
    assert possible(Decimal(percent), 3) is allowed


def test_nothing_above_all_right_is_possible() -> None:
    assert possible(Decimal("100"), 7)
    assert not possible(Decimal("100.01"), 7)


@pytest.mark.parametrize("n", [7, 161, 304, 500])
def test_the_test_answers_as_printing_every_share_does(n: int) -> None:
    printed = set()
    for right in range(n + 1):
        ten_thousandths = 10_000 * right
        printed |= {ten_thousandths // n, (2 * ten_thousandths + n) // (2 * n)}
    allowed = {h for h in range(10_001) if possible(Decimal(h) / 100, n)}
    assert allowed == printed


def test_more_decimals_are_all_taken_into_account() -> None:
    assert possible(Decimal("66.6667"), 3)
    assert not possible(Decimal("66.6701"), 3)


@pytest.mark.parametrize(
    ("n", "percent"),
    [(161, 2.4), (164, 2.4), (500, 5), (1212, 18), (1273, 19), (4183, 63), (5621, 84)],
)
def test_the_share_of_possible_values_is_the_measured_one(n: int, percent: float) -> None:
    assert 100 * possible_share(n) == pytest.approx(percent, abs=0.5)


def test_the_neighbours_are_the_counts_on_both_sides() -> None:
    assert neighbours(Decimal("59.94"), 500) == (299, 300)
    assert neighbours(Decimal("100"), 500) == (500, 500)


def test_a_size_that_varies_makes_nothing_impossible() -> None:
    assert impossible(columns((None, "59.94"))) == ()


def test_an_exchange_is_named_only_if_it_makes_the_whole_row_possible() -> None:
    # At n = 2 only 0, 50, 100; at n = 4 also 25 and 75.
    swapped = columns((2, "25"), (4, "50"))
    assert [(a.key, b.key) for a, b in exchanged(swapped)] == [("t0", "t1")]
    assert exchanged(columns((2, "50"), (4, "25"))) == ()
    assert exchanged(columns((2, "25"), (4, "50"), (4, "30"))) == ()


def test_equal_values_are_paired() -> None:
    found = equal(columns((500, "65.15"), (1273, "65.150"), (4183, "56.8")))
    assert [(a.key, b.key) for a, b in found] == [("t0", "t1")]


def test_that_several_tasks_were_failed_altogether_is_no_coincidence() -> None:
    assert equal(columns((500, "0.00"), (164, "0"), (161, "100"), (161, "100.0"))) == ()


def test_few_decimals_tell_nothing_where_the_size_allows_no_more() -> None:
    # 1/500 is 0.2 %: such shares never have a second decimal.
    assert few_decimals(columns((500, "58.6"), (500, "27.4"), (500, "30.2"), (500, "40.8"))) == ()
    assert len(few_decimals(columns((500, "58.6"), (7, "27.5"), (9, "30.3"), (11, "40.8")))) == 3
    assert few_decimals(columns((7, "27.5"), (9, "30.31"), (11, "40.8"))) == ()
    assert few_decimals(columns((7, "27.5"), (9, "30.3"))) == ()


@pytest.mark.parametrize(
    ("average", "fits"),
    # The mean of 1.00 and 1.01 is 1.005; truncated parts were up to 0.01 more each.
    [("1.00", True), ("1.01", True), ("1.02", False), ("0.98", False)],
)
def test_a_mean_may_be_rounded_or_truncated_twice(average: str, fits: bool) -> None:
    assert mean_fits(Decimal(average), columns((None, "1.00"), (None, "1.01"))) is fits


def test_both_ways_in_which_published_averages_were_rounded_fit() -> None:
    # 62.1375 was printed as 62.14 and 63.1275 as 63.12.
    up = columns((None, "66.20"), (None, "60.29"), (None, "68.42"), (None, "53.64"))
    down = columns((None, "70.40"), (None, "60.93"), (None, "65.82"), (None, "55.36"))
    assert mean_fits(Decimal("62.14"), up) and mean_fits(Decimal("63.12"), down)


def test_the_official_baselines_cost_is_its_closed_form() -> None:
    # 2 ways x 2 clients x 200 rounds x 52 MiB = 41,600 MiB = 40.6 GiB; the board prints 40.7.
    found = cost(40.7 * 1024, 13_631_488, 2, 200)
    assert found.closed_form == 41_600
    assert found.fits
    assert not cost(20_800, 13_631_488, 2, 200).fits


def test_a_cost_in_millions_of_bytes_fits_too() -> None:
    assert cost(41_600 * MIB / 1e6, 13_631_488, 2, 200).fits


def test_a_run_that_exchanges_nothing_costs_nothing() -> None:
    assert not cost(1.0, 0, 2, 200).fits
