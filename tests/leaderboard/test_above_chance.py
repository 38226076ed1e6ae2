"""Scores above chance and how sure they are."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from leaderboard.services import above_chance


def score(corrected: float | None, *tasks: tuple[float | None, float | None, int, float]) -> Any:
    """A stored score by its tasks' (accuracy, standard error, n, chance)."""
    rows = [
        SimpleNamespace(accuracy=accuracy, stderr=stderr, n=n, chance=chance)
        for accuracy, stderr, n, chance in tasks
    ]
    return SimpleNamespace(corrected=corrected, tasks=SimpleNamespace(all=lambda: rows))


def test_chance_stretches_a_tasks_error() -> None:
    # sqrt(0.6 * 0.4 / 100) = 0.049, and half of the range above a chance of a half is left.
    found = above_chance.of_domain(score(0.2, (0.6, None, 100, 0.5)))
    assert found is not None
    assert found.stderr == pytest.approx(math.sqrt(0.24 / 100) / 0.5)
    assert found.high - 0.2 == pytest.approx(0.2 - found.low)


def test_the_stored_error_is_taken_back_to_n() -> None:
    stored = math.sqrt(0.24 / 99)
    found = above_chance.of_domain(score(0.6, (0.6, stored, 100, 0.0)))
    assert found.stderr == pytest.approx(math.sqrt(0.24 / 100))


def test_tasks_and_domains_are_independent() -> None:
    # Errors of 0.03 and 0.04 add up to 0.05; a mean of two has half of that.
    one = score(0.5, (0.5, 0.03, 10**9, 0.0))
    other = score(0.7, (0.7, 0.04, 10**9, 0.0))
    assert above_chance.of_line([one, other]) == pytest.approx((0.6, 0.025))
    both = score(0.6, (0.5, 0.03, 10**9, 0.0), (0.7, 0.04, 10**9, 0.0))
    assert above_chance.of_domain(both) == pytest.approx((0.6, 0.025))


def test_what_is_unknown_has_no_interval_and_what_is_unscored_no_estimate() -> None:
    unknown = above_chance.of_domain(score(0.5, (None, None, 0, 0.0)))
    assert unknown == (0.5, None) and unknown.low is None and unknown.high is None
    assert above_chance.of_domain(score(None)) is None
    assert above_chance.of_line([score(0.5)]).stderr is None
