"""Geometry with tiny numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import charts

NUMBERS = st.floats(0, 100, allow_nan=False)


def test_a_value_stands_in_proportion_and_never_leaves_the_axis() -> None:
    assert charts.place(75, (50, 100)) == 50
    assert charts.place(40, (50, 100)) == 0
    assert charts.place(120, (50, 100)) == 100
    assert charts.place(1, (0, 4), start=100, end=0) == 75  # upside down: the share left is 3/4


def test_an_axis_without_length_puts_everything_in_the_middle() -> None:
    assert charts.place(7, (7, 7)) == 50


def test_an_interval_bar_keeps_room_for_its_dot_at_both_ends() -> None:
    bar = charts.interval_bar(50, 0, 100, (0, 100))
    assert bar == (50, charts.DOT_ROOM, 100 - charts.DOT_ROOM)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_an_interval_bar_keeps_the_order_of_its_numbers(a: float, b: float, c: float) -> None:
    low, value, high = sorted((a, b, c))
    bar = charts.interval_bar(value, low, high, (0, 100))
    assert 0 <= bar.start <= bar.dot <= bar.end <= 100


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (52.3, 84.1, (60, 70, 80)),
        (0, 100, (0, 20, 40, 60, 80, 100)),
        (0.412, 0.487, (0.42, 0.44, 0.46, 0.48)),
    ],
)
def test_ticks_are_round_numbers_inside_the_axis(
    low: float, high: float, expected: tuple[float, ...]
) -> None:
    assert charts.ticks(low, high) == expected


@given(NUMBERS, st.floats(0.001, 100), st.integers(2, 6))
def test_there_are_never_many_ticks(low: float, length: float, most: int) -> None:
    found = charts.ticks(low, low + length, most)
    assert len(found) <= most + 1
    assert all(low - 1e-6 <= tick <= low + length + 1e-6 for tick in found)


def test_a_curve_runs_from_left_to_right_and_down_when_its_values_fall() -> None:
    drawn = charts.curve([(1, 2.0), (2, 1.0)], until=3)
    assert drawn is not None
    places = [tuple(map(float, pair.split(","))) for pair in drawn.points.split()]
    assert [x for x, _ in places] == [0, 50]  # round 2 of 1..3 is half way
    assert places[0][1] < places[1][1]  # a smaller loss stands lower, y counts downwards
    assert [tick.value for tick in drawn.horizontal] == [1, 3, 2]


def test_one_point_is_no_curve_and_a_flat_one_is() -> None:
    assert charts.curve([(1, 0.5)]) is None
    flat = charts.curve([(1, 0.0), (2, 0.0)])
    assert flat is not None and flat.last == (100, 50)


def test_the_frontier_holds_exactly_the_entries_that_nobody_beats() -> None:
    #        cheap      dearer, better  dearer, worse  same cost, worse
    points = [(1, 70.0), (10, 80.0), (20, 75.0), (10, 79.0)]
    drawn = charts.scatter(points)
    assert drawn is not None
    assert [mark.best for mark in drawn.marks] == [True, True, False, False]
    assert len(drawn.frontier) == 1


def test_a_scatter_needs_two_entries_that_sent_something() -> None:
    assert charts.scatter([(1, 70.0)]) is None
    assert charts.scatter([(0, 70.0), (1, 80.0)]) is None


@pytest.mark.parametrize("costs", [(1.0, 1.0), (0.004, 0.005), (0.01, 90.0), (3, 4000)])
def test_a_cost_axis_always_has_a_labelled_place(costs: tuple[float, float]) -> None:
    drawn = charts.scatter([(cost, 50.0 + n) for n, cost in enumerate(costs)])
    assert drawn is not None and drawn.horizontal
    assert all(0 <= mark.x <= 100 and 0 <= mark.y <= 100 for mark in drawn.marks)
