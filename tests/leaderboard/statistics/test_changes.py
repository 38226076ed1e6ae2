"""One entry scored twice: noise or not."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboard.statistics import Entrant, Stratum, change, paired_permutation

NAMES = tuple(str(place) for place in range(100))


def entrant(*tasks: list[float], items: tuple[str, ...] = NAMES) -> Entrant:
    arrays = [np.array(task) for task in tasks]
    strata = tuple(Stratum(items, array, 1 / len(tasks)) for array in arrays)
    return Entrant(float(np.mean([array.mean() for array in arrays])), 0.05, strata)


def right(count: int) -> list[float]:
    return [1.0] * count + [0.0] * (100 - count)


def test_one_task_is_mcnemars_test() -> None:
    # 16 items lost, none won: z = 16 / sqrt(16) = 4, p = 2 Phi(-4) = 6.33e-5.
    found = change(entrant(right(60)), entrant(right(44)))
    assert found.difference == pytest.approx(-0.16)
    assert found.p == pytest.approx(6.334e-5, rel=1e-3)
    # 0.16 -+ 1.96 sqrt(0.16 * 0.84 / 100)
    assert (found.low, found.high) == pytest.approx((-0.16 - 0.0719, -0.16 + 0.0719), abs=1e-4)
    assert found.paired


def test_the_same_scores_are_no_change_at_all() -> None:
    found = change(entrant(right(60)), entrant(right(60)))
    assert found == (0.0, 0.0, 0.0, 1.0, True)


def test_it_agrees_with_the_permutation_test_it_stands_for() -> None:
    random = np.random.default_rng(1)
    for _ in range(5):
        before = [random.integers(0, 2, 2000).astype(float).tolist() for _ in range(3)]
        after = [[*random.integers(0, 2, 1000).astype(float), *task[1000:]] for task in before]
        fast = change(entrant(*before), entrant(*after))
        slow = paired_permutation([np.array(t) for t in after], [np.array(t) for t in before])
        assert fast.difference == pytest.approx(slow.difference)
        assert fast.p == pytest.approx(slow.p, abs=0.03)
        assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=0.001)


def test_other_items_are_not_paired() -> None:
    other = tuple(f"new {place}" for place in range(100))
    found = change(entrant(right(60)), entrant(right(44), items=other))
    # z = 0.16 / sqrt(0.05^2 + 0.05^2) = 2.26
    assert not found.paired
    assert found.p == pytest.approx(0.0236, abs=1e-3)


def test_without_items_and_errors_nothing_is_known() -> None:
    found = change(Entrant(0.6, None, None), Entrant(0.4, 0.1, None))
    assert found == (pytest.approx(-0.2), None, None, None, False)
