"""Intervals: the published boards' own numbers, independent programs, and what always holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from evaluators.scoring import wilson
from leaderboard.statistics import stratified, stratified_bootstrap

# Each FlowerTune domain: questions of its tests and its documented baseline (platform 1.12).
GOLDEN = {
    "general": ((3153, 3077, 4705), (12.37, 13.49, 12.60), 0.33, 0.64, 0.94),
    "finance": ((1212, 304, 2388), (44.55, 62.50, 28.77), 1.09, 2.13, 2.16),
    "medical": ((500, 4183, 1273, 5621), (59.00, 23.69, 27.10, 21.47), 0.67, 1.31, 1.36),
    "code": ((500, 164, 161, 161), (31.60, 23.78, 28.57, 25.47), 1.58, 3.09, 3.44),
}
items = st.lists(st.sampled_from([0.0, 1.0]) | st.floats(0, 1), min_size=1, max_size=40)
tasks = st.lists(items.map(np.array), min_size=1, max_size=4)


@pytest.mark.parametrize("domain", list(GOLDEN))
def test_the_published_domains_have_the_standard_errors_that_were_worked_out(domain: str) -> None:
    sizes, baseline, stderr, half, half_at_60 = GOLDEN[domain]
    found = stratified([percent / 100 for percent in baseline], sizes)
    assert round(100 * found.stderr, 2) == stderr
    assert round(100 * (found.high - found.average), 2) == half
    assert round(100 * (found.average - found.low), 2) == half
    # The table multiplied standard errors that were rounded: finance is 2.155 here, 2.16 there.
    at_60 = stratified([0.6] * len(sizes), sizes)
    assert 100 * (at_60.high - at_60.average) == pytest.approx(half_at_60, abs=0.006)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_is_that_of_statsmodels(counted: tuple[int, int]) -> None:
    expected = proportion_confint(*counted, method="wilson")
    assert wilson(*counted) == pytest.approx(expected, abs=1e-12)


@given(tasks, st.integers(0, 9))
def test_a_bootstrap_interval_contains_the_average(found: list[np.ndarray], seed: int) -> None:
    low, high = stratified_bootstrap(found, 500, seed)
    average = np.mean([task.mean() for task in found])
    assert low - 1e-12 <= average <= high + 1e-12


def test_a_bootstrap_is_that_of_scipy() -> None:
    draw = np.random.default_rng(1)
    found = [draw.binomial(1, p, n).astype(float) for p, n in ((0.7, 150), (0.4, 90))]
    low, high = stratified_bootstrap(found, 20_000, seed=2)
    theirs = stats.bootstrap(
        found,
        lambda a, b, axis: (a.mean(axis) + b.mean(axis)) / 2,
        n_resamples=20_000,
        method="percentile",
        rng=3,
    ).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_a_bootstrap_agrees_with_the_formula_on_a_board_of_real_size() -> None:
    sizes, baseline, *_ = GOLDEN["finance"]
    counts = [round(p * n / 100) for p, n in zip(baseline, sizes, strict=True)]
    found = [np.repeat([1.0, 0.0], (k, n - k)) for k, n in zip(counts, sizes, strict=True)]
    expected = stratified([k / n for k, n in zip(counts, sizes, strict=True)], sizes)
    assert stratified_bootstrap(found) == pytest.approx((expected.low, expected.high), abs=0.003)


def test_the_same_seed_draws_the_same_interval() -> None:
    found = [np.array([0.0, 1.0, 1.0, 0.0, 1.0])]
    assert stratified_bootstrap(found, seed=4) == stratified_bootstrap(found, seed=4)


def test_groups_that_answer_alike_make_the_interval_wider() -> None:
    scores = np.repeat([1.0, 0.0, 1.0, 0.0], 25)
    subjects = np.repeat(["a", "b", "c", "d"], 25)
    low, high = stratified_bootstrap([scores])
    wide_low, wide_high = stratified_bootstrap([scores], groups=[subjects])
    # The mean of four subjects of which each is 0 or 1: Bin(4, 1/2) / 4, whose 2.5 % point is 0.
    assert (wide_low, wide_high) == (0.0, 1.0)
    assert wide_low < low < high < wide_high


def test_groups_of_one_item_are_items() -> None:
    scores = np.random.default_rng(0).binomial(1, 0.6, 200).astype(float)
    alone = stratified_bootstrap([scores], 20_000, groups=[np.arange(200)])
    assert alone == pytest.approx(stratified_bootstrap([scores], 20_000), abs=0.006)


def test_one_question_tells_nothing() -> None:
    assert stratified([1.0], [1]) == (1.0, 0.0, 1.0, 1.0)
    assert math.isclose(wilson(1, 1)[0], 0.2065, abs_tol=1e-4)
