"""How many workers at once."""

from __future__ import annotations

import numpy as np
import pytest

from federated.simulation.concurrency import MOST_ROUNDS, Climber, memory_bound

GB = 1024**3


@pytest.mark.parametrize(
    ("available", "shared", "peak", "cap", "fit"),
    [
        (10 * GB, 1 * GB, 2 * GB, 16, 4),  # (10 - 1) / 2 = 4.5
        (10 * GB, 1 * GB, 2 * GB, 3, 3),  # three cores
        (10 * GB, 1 * GB, 0, 3, 3),  # not measured yet
        (1 * GB, 2 * GB, 2 * GB, 8, 1),  # one worker must try
    ],
)
def test_workers_fit_into_what_the_shared_model_leaves(
    available: int, shared: int, peak: int, cap: int, fit: int
) -> None:
    assert memory_bound(available, shared, peak, cap) == fit


def climb(climber: Climber, speeds: dict[int, float], rounds: int = 100) -> list[int]:
    """The settings of each round until it froze, where setting n does `speeds[n]` a second."""
    tried = []
    while not climber.frozen and len(tried) < rounds:
        tried.append(climber.workers)
        climber.observe(climber.workers, speeds[climber.workers], 1.0)
    return tried


def test_it_climbs_while_one_more_is_faster_then_goes_back_and_freezes() -> None:
    climber = Climber(2, 1, 8)
    # Two rounds each; 5 is slower than 4, and 3 was measured on the way up.
    assert climb(climber, {2: 10, 3: 14, 4: 17, 5: 16}) == [2, 2, 3, 3, 4, 4, 5, 5]
    assert (climber.workers, climber.frozen) == (4, True)


def test_it_climbs_down_where_fewer_are_faster() -> None:
    climber = Climber(4, 1, 8)
    assert climb(climber, {5: 8, 4: 10, 3: 12, 2: 11}) == [4, 4, 5, 5, 3, 3, 2, 2]
    assert climber.workers == 3


def test_a_gain_under_three_per_cent_is_not_worth_another_worker() -> None:
    climber = Climber(1, 1, 8)
    climb(climber, {1: 100, 2: 102.9})
    assert (climber.workers, climber.frozen) == (1, True)
    climber = Climber(1, 1, 2)
    climb(climber, {1: 100, 2: 103.1})
    assert (climber.workers, climber.frozen) == (2, True)


def test_it_stays_between_its_bounds() -> None:
    climber = Climber(9, 2, 3)
    assert climb(climber, {2: 10, 3: 20}) == [3, 3, 2, 2]
    assert climber.workers == 3
    assert Climber(5, 4, 4).frozen


def test_frozen_stays_frozen() -> None:
    climber = Climber(1, 1, 2)
    climb(climber, {1: 10, 2: 5})
    for _ in range(10):
        climber.observe(1, 0.1, 1.0)
    assert climber.workers == 1


def test_rounds_at_another_setting_or_without_work_say_nothing() -> None:
    climber = Climber(2, 1, 8)
    for workers, work, seconds in [(1, 99, 1), (2, 0, 1), (2, 5, 0)]:
        climber.observe(workers, work, seconds)
        climber.observe(workers, work, seconds)
    assert climber.workers == 2
    assert climb(climber, {2: 10, 3: 9, 1: 5}) == [2, 2, 3, 3, 1, 1]


def test_one_slow_first_round_costs_one_round_more_and_misleads_nobody() -> None:
    # 5, 10: their median differs too much from them; 5, 10, 10: two of three agree on 10.
    climber = Climber(2, 1, 3)
    for speed in (5, 10, 10):
        assert climber.workers == 2
        climber.observe(2, speed, 1.0)
    assert climb(climber, {3: 9.0, 1: 6.0}) == [3, 3, 1, 1]
    assert climber.workers == 2


def test_a_setting_that_never_settles_is_left_after_eight_rounds() -> None:
    climber, speeds = Climber(1, 1, 2), [10, 20, 12, 18, 14, 16, 13, 17]
    assert len(speeds) == MOST_ROUNDS
    for speed in speeds:
        assert climber.workers == 1
        climber.observe(1, speed, 1.0)
    assert climber.workers == 2


def throughput(workers: int, peak: int) -> float:
    """As fast as there are cores; beyond them each worker costs 8 % of what all the cores do."""
    return workers if workers <= peak else peak * (1 - 0.08 * (workers - peak))


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_it_finds_the_top_of_a_noisy_curve_and_freezes(noise: float) -> None:
    near = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        peak, climber = int(draw.integers(2, 9)), Climber(int(draw.integers(1, 11)), 1, 10)
        for _ in range(10 * MOST_ROUNDS):
            speed = throughput(climber.workers, peak) * np.exp(noise * draw.standard_normal())
            climber.observe(climber.workers, 100.0, float(100.0 / speed))
        assert climber.frozen
        near += abs(climber.workers - peak) <= 1
    assert near >= 98
