"""What a profile adds up to, worked out by hand."""

from __future__ import annotations

import pytest

from leaderboard.clients.profiles import parse
from leaderboard.clients.sums import figures, totals
from tests.leaderboard.client_cast import SMALL, client_line, lines, round_line

ROUNDS = parse(SMALL).rounds


def test_the_figures_of_all_rounds_weigh_each_round_by_its_time() -> None:
    found = figures(ROUNDS)
    assert (found.rounds, found.turns, found.failed, found.stolen, found.workers) == (2, 5, 1, 1, 2)
    assert found.makespan == 8.0
    assert found.over_bound == pytest.approx(8 / 7)  # (4 + 4) / (3 + 4)
    assert found.over_predicted == pytest.approx(4 / 5)  # only round 2 was predicted
    assert found.idle == pytest.approx(0.375)  # both rounds are as long: (0.25 + 0.5) / 2
    assert found.utilisation == pytest.approx((0.75, 0.5))
    # misses: |1 - 2| / 2, |2 - 2| / 2, |4 - 2| / 2; the one in the middle
    assert found.miss == pytest.approx(0.5)


def test_a_longer_round_weighs_more() -> None:
    short, long = (
        round_line(1, makespan=1.0, idle=0.0, utilisation=[1.0]),
        round_line(2, makespan=3.0, idle=0.4, utilisation=[0.6, 0.2]),
    )
    found = figures(parse(lines(short, long)).rounds)
    assert found.idle == pytest.approx(0.3)  # (0 * 1 + 0.4 * 3) / 4
    # worker 0: (1 * 1 + 0.6 * 3) / 4; worker 1 was there in the second round only
    assert found.utilisation == pytest.approx((0.7, 0.2))


def test_what_nobody_wrote_down_is_unknown_not_nought() -> None:
    bare = round_line(1, idle=None, bound=None, utilisation=None)
    found = figures(parse(lines(client_line(1, 0, peak_memory=None), bare)).rounds)
    assert (found.idle, found.over_bound, found.over_predicted, found.miss) == (None,) * 4
    assert (found.peak_memory, found.utilisation) == (None, ())


def test_a_client_adds_up_over_its_rounds_and_keeps_its_most_memory() -> None:
    found = {row.client: row for row in totals(ROUNDS)}
    assert list(found) == [0, 1, 2]
    first = found[0]
    assert (first.turns, first.seconds, first.cpu_seconds, first.tokens) == (2, 4.0, 3.0, 2000)
    assert (first.peak_memory, first.gpu_memory, first.bytes) == (300 * 2**20, None, 4 * 2**20)
    assert (found[2].turns, found[2].failed) == (1, 1)
