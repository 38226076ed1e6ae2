"""Two entries on the same items: against other programs, and what always holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar

from leaderboard.statistics import mcnemar, paired_permutation

verdicts = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)
pairs = st.lists(
    st.lists(st.tuples(*[st.sampled_from([0, 0.1, 0.3, 1])] * 2), min_size=1, max_size=20),
    min_size=1,
    max_size=3,
)


def sides(found: list[list[tuple[float, float]]]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Pairs a task as both entries' scores a task."""
    arrays = [np.array(task, dtype=float) for task in found]
    return [task[:, 0] for task in arrays], [task[:, 1] for task in arrays]


def test_mcnemar_counts_what_only_one_has_right() -> None:
    found = mcnemar([1, 1, 1, 1, 0, 0], [0, 0, 0, 1, 1, 0])
    # Four tosses, one of them the other way: 2 * (1 + 4) / 2^4
    assert found == (1, 3, 2 * 5 / 16)


@given(verdicts)
def test_mcnemar_is_the_binomial_test_and_that_of_statsmodels(
    found: list[tuple[bool, bool]],
) -> None:
    first, second = zip(*found, strict=True)
    b01, b10, p = mcnemar(first, second)
    if b01 + b10:
        assert p == pytest.approx(stats.binomtest(b01, b01 + b10).pvalue)
    table = [[sum(a and b for a, b in found), b10], [b01, sum(not (a or b) for a, b in found)]]
    assert p == pytest.approx(their_mcnemar(table, exact=True).pvalue)
    assert mcnemar(second, first) == (b10, b01, p)


def test_on_one_task_a_permutation_is_mcnemars_test() -> None:
    draw = np.random.default_rng(5)
    first, second = (draw.binomial(1, p, 300).astype(float) for p in (0.62, 0.55))
    exact = mcnemar(first, second).p
    assert 0.01 < exact < 0.5
    found = paired_permutation([first], [second], 100_000)
    assert found.p == pytest.approx(exact, abs=0.005)


def test_a_permutation_is_that_of_scipy() -> None:
    draw = np.random.default_rng(6)
    shapes = ((0.6, 0.5, 120), (0.4, 0.35, 60))
    first = [draw.binomial(5, p, n) / 5 for p, _, n in shapes]
    second = [draw.binomial(5, q, n) / 5 for _, q, n in shapes]
    sizes = np.repeat([120, 60], [120, 60])

    def difference(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return ((one - other) / sizes / 2).sum(axis)

    theirs = stats.permutation_test(
        (np.concatenate(first), np.concatenate(second)),
        difference,
        permutation_type="samples",
        n_resamples=20_000,
        rng=7,
    )
    found = paired_permutation(first, second, 20_000, seed=8)
    assert found.difference == pytest.approx(theirs.statistic)
    assert found.p == pytest.approx(theirs.pvalue, abs=0.01)


@given(pairs)
def test_the_other_way_round_only_the_sign_changes(found: list) -> None:
    one, other = sides(found)
    there = paired_permutation(one, other, 200, seed=1)
    back = paired_permutation(other, one, 200, seed=1)
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == back.p


@given(pairs)
def test_the_interval_of_a_difference_contains_it_and_p_is_a_probability(found: list) -> None:
    result = paired_permutation(*sides(found), 500)
    assert result.low - 1e-9 <= result.difference <= result.high + 1e-9
    assert 1 / 501 <= result.p <= 1


@given(pairs)
def test_an_entry_does_not_differ_from_itself(found: list) -> None:
    one, _ = sides(found)
    assert paired_permutation(one, one, 50) == (0.0, 0.0, 0.0, 1.0)


def test_a_clear_difference_is_clear() -> None:
    result = paired_permutation([np.ones(40)], [np.repeat([0.0, 1.0], 20)], 2000)
    assert (result.difference, result.p) == (0.5, 1 / 2001)
    assert 0.3 < result.low < result.high < 0.7
