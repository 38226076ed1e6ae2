"""Scores and their uncertainty; golden rows from the platform specification, 1.12."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators import scoring
from evaluators.scoring import Tally

GOLDEN = {
    # domain: sizes, published baseline scores in percent, average, SE, half of the 95 % interval
    "general": ([3153, 3077, 4705], [12.37, 13.49, 12.60], 12.82, 0.33, 0.64),
    "finance": ([1212, 304, 2388], [44.55, 62.50, 28.77], 45.27, 1.09, 2.13),
    "medical": ([500, 4183, 1273, 5621], [59.00, 23.69, 27.10, 21.47], 32.82, 0.67, 1.31),
    "code": ([500, 164, 161, 161], [31.60, 23.78, 28.57, 25.47], 27.36, 1.58, 3.09),
}


@pytest.mark.parametrize("domain", GOLDEN)
def test_the_four_published_baselines_have_the_documented_uncertainty(domain: str) -> None:
    sizes, percents, average, stderr, half = GOLDEN[domain]
    tasks = [
        scoring.score_task(f"t{i}", 0.25, Tally(n, round(p / 100 * n), 0), "f")
        for i, (n, p) in enumerate(zip(sizes, percents, strict=True))
    ]
    found = scoring.score_protocol(tasks)
    assert found.average is not None and found.stderr is not None
    assert found.low is not None and found.high is not None
    assert round(found.average * 100, 2) == pytest.approx(average, abs=0.0101)
    assert round(found.stderr * 100, 2) == stderr
    assert round((found.high - found.low) / 2 * 100, 2) == half


def test_a_task_by_hand() -> None:
    # 6 of 10: p = 0.6, sqrt(0.24 / 9) = 0.1633, (0.6 - 1/3) / (2/3) = 0.4
    found = scoring.score_task("t", 1 / 3, Tally(10, 6, 9), "items/t.parquet")
    assert (found.n, found.accuracy, found.compliance) == (10, 0.6, 0.9)
    assert found.stderr == pytest.approx(0.163299, abs=1e-6)
    assert found.corrected == pytest.approx(0.4)
    assert found.unscored is None


def test_wilson_by_hand() -> None:
    # z = 1.96, 6 of 10: (0.6 + 0.192) / 1.384 -+ 1.416 * sqrt(0.024 + 0.0096) = 0.313, 0.832
    assert scoring.wilson(6, 10) == pytest.approx((0.3127, 0.8318), abs=1e-4)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_a_share(counts: tuple[int, int]) -> None:
    correct, n = counts
    low, high = scoring.wilson(correct, n)
    assert 0 <= low <= correct / n <= high <= 1


def test_wilson_is_what_scipy_says() -> None:
    from scipy.stats import binomtest

    for correct, n in ((0, 7), (3, 7), (181, 304), (1212, 1212)):
        wanted = binomtest(correct, n).proportion_ci(method="wilson")
        assert scoring.wilson(correct, n) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_the_standard_error_is_lm_evals() -> None:
    from lm_eval.api.metrics import mean_stderr

    wanted = mean_stderr([1.0] * 181 + [0.0] * 123)
    assert scoring.sample_stderr(181 / 304 * 123 / 304, 304) == pytest.approx(wanted, rel=1e-12)


def test_a_single_item_has_an_accuracy_but_no_standard_error() -> None:
    found = scoring.score_task("t", 0.5, Tally(1, 1, 1), "f")
    assert found.accuracy == 1.0 and found.stderr is None


def test_no_items_is_unscored_and_not_zero() -> None:
    found = scoring.score_task("t", 0.5, Tally(0, 0, 0), "f")
    assert found.accuracy is None and found.unscored == "There are no items."


def test_one_unscored_task_leaves_no_average_and_says_which() -> None:
    tasks = [
        scoring.score_task("a", 0.5, Tally(10, 9, 10), "f"),
        scoring.unscored_task("b", 0.5, "no such dataset"),
    ]
    found = scoring.score_protocol(tasks)
    assert found.average is found.stderr is found.low is found.high is found.corrected is None
    assert found.unscored == "b: no such dataset"
    assert found.tasks[0].accuracy == 0.9


def test_the_mean_is_unweighted() -> None:
    tasks = [
        scoring.score_task("a", 0.5, Tally(1000, 1000, 1000), "f"),
        scoring.score_task("b", 0.5, Tally(10, 0, 0), "f"),
    ]
    found = scoring.score_protocol(tasks)
    assert found.average == 0.5
    assert found.corrected == 0.0  # (1 + -1) / 2
    assert found.stderr == 0.0


def test_the_stratified_error_by_hand() -> None:
    # 1/2 sqrt(0.25/100 + 0.25/25) = 1/2 sqrt(0.0125)
    assert scoring.stratified_stderr([0.5, 0.5], [100, 25]) == pytest.approx(math.sqrt(0.0125) / 2)


def test_several_samples_count_an_item_once() -> None:
    # a: 2 of 2 right, b: 1 of 2, c: none. Mean of 1, 1/2, 0 = 0.5; their variance 1/6
    counted = scoring.tally(list("aabbcc"), [True, True, True, False, False, False], [True] * 6)
    assert (counted.n, counted.samples, counted.accuracy) == (3, 2, 0.5)
    assert counted.variance == pytest.approx(1 / 6)
    found = scoring.score_task("t", 0.0, counted, "f")
    assert found.stderr == pytest.approx(math.sqrt(1 / 6 / 2))
    assert found.compliance == 1.0


def test_one_sample_each_is_the_plain_share() -> None:
    counted = scoring.tally(list("abc"), [True, False, True], [False, True, True])
    assert counted == Tally(3, 2, 2)
    assert counted.variance == pytest.approx(2 / 9)


def test_samples_that_agree_add_nothing_and_samples_that_differ_do() -> None:
    # p = 1/2 either way. All or nothing: three items are worth three; always half: six verdicts
    assert scoring.effective_size(0.5, 0.25, 3, 2) == 3
    assert scoring.effective_size(0.5, 0.0, 3, 2) == 6
    assert scoring.effective_size(0.5, 1 / 6, 3, 2) == pytest.approx(4.5)
    assert scoring.effective_size(1.0, 0.0, 3, 2) == 3


def test_the_mean_of_tasks_uses_their_effective_sizes() -> None:
    # Every item scored exactly one half: worth the 20 verdicts it took, sqrt(0.25 / 20)
    half = scoring.score_task("a", 0.0, Tally(10, 5, 10, samples=2, spread=2.5), "f")
    assert half.stderr == 0.0
    assert scoring.score_protocol([half]).stderr == pytest.approx(math.sqrt(0.25 / 20))
