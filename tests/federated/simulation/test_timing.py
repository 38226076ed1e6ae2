"""How long a client will take."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from federated.simulation.timing import (
    Form,
    Observation,
    TimeModel,
    features,
    non_negative,
)

FEATURE = st.integers(0, 10)
"""Whole: columns are collinear or they are not, whatever is rounded away."""
NEW = 99
"""A client that no test has seen run."""


def trained(times: Iterable[tuple[int, float | None, float]]) -> list[Observation]:
    """(client, x, seconds) of one round on the CPU."""
    return [Observation("cpu", "train", *time) for time in times]


def model(*rounds: list[tuple[int, float | None, float]], form: Form = "linear") -> TimeModel:
    learned = TimeModel(form)
    for times in rounds:
        learned.observe_round(trained(times))
    return learned


def test_two_sizes_give_the_line_through_them() -> None:
    # t = 2 + x / 2 at x = 2 and x = 6; so 7 at x = 10.
    line = model([(1, 2, 3.0), (2, 6, 5.0)])
    assert line.predict("cpu", "train", NEW, 10) == pytest.approx(7.0)


def test_nothing_is_predicted_of_work_or_devices_never_seen() -> None:
    line = model([(1, 2, 3.0)])
    assert TimeModel().predict("cpu", "train", 1, 2) is None
    assert line.predict("cuda", "train", 1, 2) is None
    assert line.predict("cpu", "evaluate", 1, 2) is None


def test_devices_learn_apart_from_one_batch() -> None:
    both = TimeModel()
    both.observe_round(
        [Observation("cpu", "train", 1, 2, 8.0), Observation("cuda", "train", 2, 2, 1.0)]
    )
    assert both.predict("cpu", "train", NEW, 4) == pytest.approx(16.0)
    assert both.predict("cuda", "train", NEW, 4) == pytest.approx(2.0)


def test_a_round_fades_once_however_many_clients_the_next_one_has() -> None:
    # Two clients at 1 s, then one at 2 s, all of size 1: (0.9 * 2 * 1 + 1 * 2) / (0.9 * 2 + 1).
    mean = model([(1, 1, 1.0), (2, 1, 1.0)], [(3, 1, 2.0)]).predict("cpu", "train", NEW, 1)
    assert mean == pytest.approx(3.8 / 2.8)


def test_a_round_without_this_kind_of_work_fades_nothing() -> None:
    line = model([(1, 1, 1.0)])
    line.observe_round([Observation("cpu", "evaluate", 1, 1, 9.0)])
    line.observe_round(trained([(3, 1, 2.0)]))
    assert line.predict("cpu", "train", NEW, 1) == pytest.approx((0.9 * 1 + 2) / 1.9)


def test_clients_of_one_size_make_time_proportional_to_size() -> None:
    assert model([(1, 5, 2.0), (2, 5, 4.0)]).predict("cpu", "train", NEW, 10) == pytest.approx(6.0)


def test_larger_clients_that_were_faster_do_not_make_time_fall_with_size() -> None:
    # The free line is 5 - x; held to c >= 0 the best is the mean, 3, which beats any c x.
    line = model([(1, 1, 4.0), (2, 3, 2.0)])
    assert [line.predict("cpu", "train", NEW, x) for x in (0, 1, 100)] == [pytest.approx(3.0)] * 3


def test_the_papers_curve_is_found_from_times_that_follow_it() -> None:
    def seconds(x: float) -> float:
        return 0.5 + 2.0 * math.log(x) + 0.25 * x

    times = [(client, x, seconds(x)) for client, x in enumerate((1.0, 3.0, 9.0, 40.0))]
    curve = model(times, form="log-linear")
    assert curve.predict("cpu", "train", NEW, 20) == pytest.approx(seconds(20))
    assert model(times).predict("cpu", "train", NEW, 20) != pytest.approx(seconds(20), rel=0.05)


@pytest.mark.parametrize("form", ["linear", "log-linear"])
@pytest.mark.parametrize("x", [-3.0, 0.0, 0.25])
def test_clients_with_less_than_one_batch_take_at_least_no_time(form: Form, x: float) -> None:
    curve = model([(1, x, 1.0), (2, 2, 2.0), (3, 8, 5.0)], form=form)
    predicted = curve.predict("cpu", "train", NEW, x)
    assert predicted is not None and 0 <= predicted < 2.0


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_a_new_client_of_unknown_size_takes_the_mean_time(unknown: float | None) -> None:
    # t = 2 + x / 2; at the mean size, 4, that is 4.
    line = model([(1, 2, 3.0), (2, 6, 5.0)])
    assert line.predict("cpu", "train", NEW, unknown) == pytest.approx(4.0)


def test_a_known_client_of_unknown_size_is_as_large_as_last_time() -> None:
    line = model([(1, 2, 3.0), (2, 6, 5.0)])
    assert line.predict("cpu", "train", 2) == pytest.approx(5.0)


def test_without_any_size_the_mean_is_blended_with_the_clients_own_time() -> None:
    # Mean 3; before anyone is seen twice, half of each: (3 + 5) / 2.
    sizeless = model([(1, None, 1.0), (2, None, 5.0)])
    assert sizeless.predict("cpu", "train", NEW) == pytest.approx(3.0)
    assert sizeless.predict("cpu", "train", NEW, 7) == pytest.approx(3.0)
    assert sizeless.predict("cpu", "train", 2) == pytest.approx(4.0)


def test_the_weight_of_the_own_time_is_the_slope_of_deviations_between_rounds() -> None:
    # Round 1: mean 3, deviations -2 and +2. Round 2, judged by that mean: -1 and +1.
    # Slope (2 + 2) / (4 + 4) = 1/2, from 2 clients, with a prior of 1/2 worth 2 clients: 1/2.
    # Round 3, judged by the mean 3 and the times of round 2: -1 and +1 again; slope of the whole
    # (0.9 * 4 + 2) / (0.9 * 8 + 2) = 5.6 / 9.2, from 0.9 * 2 + 2 = 3.8 clients.
    rounds = [[(1, None, 1.0), (2, None, 5.0)], [(1, None, 2.0), (2, None, 4.0)]]
    assert model(*rounds).predict("cpu", "train", 2) == pytest.approx(3.5)
    weight = (1 + 3.8 * 5.6 / 9.2) / (2 + 3.8)
    thrice = model(*rounds, rounds[1])
    assert thrice.predict("cpu", "train", 2) == pytest.approx(3 + weight * 1.0)


def noisy_rounds(own: float, noise: float) -> TimeModel:
    """Ten rounds of 40 clients of one size: 10 s, and what is a client's own, and noise."""
    draw = np.random.default_rng(7)
    means = 10 + own * draw.standard_normal(40)
    learned = TimeModel()
    for _ in range(10):
        times = means + noise * draw.standard_normal(40)
        learned.observe_round(trained((i, 1.0, float(t)) for i, t in enumerate(times)))
    learned.observe_round(trained([(i, 1.0, 10.0) for i in range(40)] + [(40, 1.0, 12.0)]))
    return learned


@pytest.mark.parametrize(("own", "noise", "low", "high"), [(1, 0.1, 1.7, 2), (0.1, 1, 0, 0.4)])
def test_a_client_is_believed_as_far_as_clients_differ_more_than_their_rounds(
    own: float, noise: float, low: float, high: float
) -> None:
    # The ratio v / (v + s) is 1 / 1.01 and 0.01 / 1.01; the last round's equal times pull it down
    # a little. Client 40 was 2 s over the rest.
    learned = noisy_rounds(own, noise)
    known, common = (learned.predict("cpu", "train", client, 1.0) for client in (40, NEW))
    assert known is not None and common is not None
    assert low <= known - common <= high


def test_a_client_that_is_slow_at_one_size_is_as_slow_at_another() -> None:
    # All but client 5 follow t = x; ten rounds of it taking twice as long make that its own.
    others = [(client, float(client), float(client)) for client in range(1, 5)] * 20
    learned = model(*[[*others, (5, 2.0, 4.0)]] * 10)
    slow, common = (learned.predict("cpu", "train", client, 8.0) for client in (5, NEW))
    assert slow is not None and common is not None
    assert 1.8 * common < slow <= 2.0 * common


def test_predictions_store_nothing() -> None:
    line = model([(1, 2, 3.0), (2, 6, 5.0)])
    before = len(pickle.dumps(line))
    for client in range(1000):
        line.predict("cpu", "train", client, 4)
    assert len(pickle.dumps(line)) == before


rounds_of_clients = st.lists(
    st.lists(st.tuples(st.integers(0, 10_000), st.floats(0.01, 100)), min_size=1, max_size=12),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("form", ["linear", "log-linear"])
@given(rounds=rounds_of_clients)
def test_the_curve_is_the_weighted_least_squares_of_all_rounds(
    form: Form, rounds: list[list[tuple[int, float]]]
) -> None:
    learned = model(
        *([(i, x, t) for i, (x, t) in enumerate(clients)] for clients in rounds), form=form
    )
    seen = [(age, x, t) for age, clients in enumerate(reversed(rounds)) for x, t in clients]
    root = np.array([0.9 ** (age / 2) for age, _, _ in seen])
    rows = np.array([features(form, x) for _, x, _ in seen])
    times = np.array([t for _, _, t in seen])
    _, best = nnls(root[:, None] * rows, root * times)
    found = [learned.predict("cpu", "train", NEW, x) for _, x, _ in seen]
    missed = np.linalg.norm(root * (np.array(found, dtype=float) - times))
    assert missed == pytest.approx(best, rel=1e-6, abs=1e-4)


@given(
    st.lists(st.lists(FEATURE, min_size=3, max_size=3), min_size=3, max_size=8),
    st.lists(st.floats(-10, 10), min_size=8, max_size=8),
)
def test_coefficients_are_not_negative_and_no_worse_than_a_solvers(
    rows: list[list[int]], wanted: list[float]
) -> None:
    matrix, target = np.array(rows, float), np.array(wanted[: len(rows)])
    found = non_negative(matrix.T @ matrix, matrix.T @ target)
    _, best = nnls(matrix, target)
    assert (found >= 0).all()
    assert np.linalg.norm(matrix @ found - target) == pytest.approx(best, rel=1e-4, abs=1e-4)


@given(st.floats(0, 1e5), st.lists(st.tuples(st.floats(0, 1e5), st.floats(1e-4, 1e4)), min_size=1))
def test_a_prediction_is_a_finite_time(x: float, seen: list[tuple[float, float]]) -> None:
    learned = TimeModel()
    for client, (size, seconds) in enumerate(seen):
        learned.observe_round(trained([(client % 3, size, seconds)]))
    for client in (0, 1, 2, NEW):
        predicted = learned.predict("cpu", "train", client, x)
        assert predicted is not None and math.isfinite(predicted) and predicted >= 0
