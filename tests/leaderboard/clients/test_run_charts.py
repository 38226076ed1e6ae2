"""Geometry of the charts about clients, with tiny numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.clients import holding_charts, holdings, run_charts
from leaderboard.clients.partition import Bin, Lengths, Partition
from leaderboard.clients.profiles import parse
from tests.leaderboard.client_cast import SMALL, client_line, lines, round_line

FIRST, SECOND = parse(SMALL).rounds


def partition(*counts: tuple[int, ...]) -> Partition:
    """Clients with these rows of labels a, b, c, ..."""
    sizes = tuple(sum(row) for row in counts)
    labels = tuple("abcdefghijklm"[: len(counts[0])])
    return Partition("iid", None, (), "", sizes, labels, counts, None, ())


def test_a_bar_stands_where_its_client_ran() -> None:
    drawn = run_charts.lanes(FIRST)  # 4 s: two turns of 2 s on one worker, 1 s on the other
    assert drawn is not None
    places = [[(bar.x, bar.width) for bar in lane.bars] for lane in drawn.lanes]
    assert places == [[(0, 50), (50, 50)], [(0, 25)]]
    assert [lane.utilisation for lane in drawn.lanes] == [1.0, 0.5]
    assert drawn.bound == 75  # 3 of 4 s
    assert [tick.value for tick in drawn.ticks] == [0, 1, 2, 3, 4]


def test_a_worker_without_a_client_has_an_empty_lane() -> None:
    idle = parse(lines(client_line(1, 0), round_line(1, utilisation=[0.5, 0, 0]))).rounds[0]
    drawn = run_charts.lanes(idle)
    assert drawn is not None and [len(lane.bars) for lane in drawn.lanes] == [1, 0, 0]


def test_a_round_of_nobody_has_no_lanes() -> None:
    assert run_charts.lanes(parse(lines(round_line(1))).rounds[0]) is None


def test_a_round_of_very_many_is_drawn_in_part_and_says_so() -> None:
    turns = [client_line(1, n, worker=n % 40) for n in range(1200)]
    drawn = run_charts.lanes(parse(lines(*turns, round_line(1))).rounds[0])
    assert drawn is not None
    assert len(drawn.lanes) == run_charts.MOST_LANES == 32
    # 32 of 40 workers with 30 clients each are 960
    assert sum(len(lane.bars) for lane in drawn.lanes) == 960
    assert (drawn.left_off, drawn.read_out) == (240, False)


def test_a_right_prediction_stands_on_the_diagonal_a_late_client_above() -> None:
    drawn = run_charts.guesses([FIRST, SECOND], SECOND)
    assert drawn is not None and drawn.of == 3
    before, right, early = drawn.points
    assert (before.chosen, right.chosen, early.chosen) == (False, True, True)
    assert right.x == pytest.approx(100 - right.y, abs=0.02)
    assert before.y < 100 - before.x  # 1 s predicted, 2 s taken; y counts downwards
    assert early.y > 100 - early.x


def test_failed_turns_and_times_of_nought_are_not_compared() -> None:
    odd = lines(
        client_line(1, 0, predicted=0.0),
        client_line(1, 1, predicted=1.0, seconds=0.0),
        client_line(1, 2, predicted=1.0, outcome="failed"),
        client_line(1, 3, predicted=1.0),
        round_line(1),
    )
    rounds = parse(odd).rounds
    assert run_charts.guesses(rounds, rounds[0]) is None, "one point is no scatter"


def test_of_very_many_points_some_are_drawn_but_all_of_the_round_shown() -> None:
    turns = [client_line(n, c, predicted=1.0 + c) for n in (1, 2) for c in range(600)]
    ends = [round_line(1), round_line(2)]
    first, second = parse(lines(*turns[:600], ends[0], *turns[600:620], ends[1])).rounds
    drawn = run_charts.guesses([first, second], second)
    assert drawn is not None and drawn.of == 620
    assert len(drawn.points) <= run_charts.MOST_POINTS
    assert sum(point.chosen for point in drawn.points) == 20


def test_tightness_is_time_over_bound_by_round() -> None:
    drawn = run_charts.tightness([FIRST, SECOND], "train")  # 4 / 3, then 4 / 4
    assert drawn is not None and [tick.value for tick in drawn.horizontal] == [1, 2]
    assert drawn.last[1] > float(drawn.points.split()[0].split(",")[1])
    assert run_charts.tightness([FIRST, SECOND], "evaluate") is None


def test_a_row_shows_the_mix_of_its_client_the_commonest_label_first() -> None:
    drawn = holding_charts.mixes(partition((1, 3), (0, 4)))
    assert drawn is not None
    assert [(one.label, one.rows, one.share) for one in drawn.series] == [
        ("b", 7, 87.5),
        ("a", 1, 12.5),
    ]
    pieces = [[(one.label, one.x, one.width) for one in row.pieces] for row in drawn.rows]
    assert pieces == [[("b", 0, 75), ("a", 75, 25)], [("b", 0, 100)]]


def test_rare_labels_share_one_texture() -> None:
    drawn = holding_charts.mixes(partition(tuple(range(10, 0, -1))))  # ten labels, 10 to 1 rows
    assert drawn is not None and len(drawn.series) == holding_charts.MOST_SERIES == 8
    assert drawn.series[-1].label == "all others (3)"
    assert drawn.series[-1].rows == 3 + 2 + 1
    assert sum(piece.rows for piece in drawn.rows[0].pieces) == 55


def test_at_most_fifty_clients_are_drawn() -> None:
    drawn = holding_charts.mixes(partition(*[(1, 1)] * 60))
    assert drawn is not None and len(drawn.rows) == 50


def test_imbalance_is_the_share_of_rows_in_the_wrong_hands() -> None:
    assert holdings.imbalance(partition((2, 2), (1, 1))) == 0
    # Each client has one label only; the mix of all is half and half: half of all rows would move.
    assert holdings.imbalance(partition((4, 0), (0, 4))) == 50
    assert holdings.imbalance(partition((0, 0))) is None


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 3), min_size=1, max_size=8))
def test_every_row_is_full_and_imbalance_is_a_share(counts: list[tuple[int, int, int]]) -> None:
    found = partition(*counts)
    drawn = holding_charts.mixes(found)
    assert drawn is not None
    for row in drawn.rows:
        assert not row.pieces or sum(one.width for one in row.pieces) == pytest.approx(100, abs=0.1)
    assert 0 <= (holdings.imbalance(found) or 0) < 100


BINS = (Bin(0, 8), Bin(8, 16), Bin(16, None), Bin(32, None))


def test_a_spread_runs_from_the_tenth_to_the_ninetieth_row_of_a_hundred() -> None:
    # All rows in the second of four bins, evenly: 10 % of them lie below 1.1 bins, so 27.5 %.
    drawn = holding_charts.spreads(Lengths("words", BINS, ((0, 100, 0, 0),)))
    assert drawn is not None
    (row,) = drawn.rows
    assert (row.low, row.median, row.high) == (27.5, 37.5, 47.5)
    assert row.title == "8 to 16"


def test_columns_show_all_clients_together() -> None:
    drawn = holding_charts.spreads(Lengths("words", BINS, ((1, 0, 0, 1), (1, 1, 0, 0))))
    assert drawn is not None
    assert [column.rows for column in drawn.columns] == [2, 1, 0, 1]
    assert [column.height for column in drawn.columns] == [100, 50, 0, 50]
    assert [tick.at for tick in drawn.ticks] == [0, 25, 50, 75]


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_a_spread_keeps_its_order_and_stays_on_the_axis(counts: list[int]) -> None:
    drawn = holding_charts.spreads(Lengths("words", BINS, (tuple(counts),)))
    assert drawn is not None and len(drawn.rows) == bool(sum(counts))
    for row in drawn.rows:
        assert 0 <= row.low <= row.median <= row.high <= 100
