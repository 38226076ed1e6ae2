"""What the server makes of the clients' updates, on numbers small enough to check by hand."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from federated.arrays import Arrays, weighted_mean
from federated.methods import METHODS, Cohort
from federated.methods.fedavgm import FedAvgMParameters
from federated.methods.fedprox import FedProxParameters, penalty
from federated.records import from_record, to_record
from federated.simulation.compat import identify

COHORT = Cohort(clients=3, per_round=3, steps=1)
UPDATES = [
    ({"w": np.array([1.0, 2.0], np.float32)}, 1),
    ({"w": np.array([3.0, 4.0], np.float32)}, 2),
    ({"w": np.array([5.0, 9.0], np.float32)}, 5),
]
# (1*1 + 2*3 + 5*5) / 8 = 4 and (1*2 + 2*4 + 5*9) / 8 = 6.875
MEAN = np.array([4.0, 6.875], np.float32)


class Nodes:
    def get_node_ids(self) -> list[int]:
        return [1, 2, 3]


def replies() -> list[Message]:
    answers = []
    for node, (arrays, examples) in enumerate(UPDATES, start=1):
        content = RecordDict(
            {
                "arrays": to_record(arrays),
                "metrics": MetricRecord({"num-examples": examples, "train_loss": 0.5}),
            }
        )
        question = Message(RecordDict(), node, "train")
        answers.append(Message(content, reply_to=question))
    return answers


def aggregate(strategy: Strategy, rounds: int = 1) -> Arrays:
    identify(1)
    arrays = to_record({"w": np.zeros(2, np.float32)})
    for server_round in range(1, rounds + 1):
        grid = cast(Grid, Nodes())
        strategy.configure_train(server_round, arrays, ConfigRecord(), grid)
        aggregate, _ = strategy.aggregate_train(server_round, replies())
        assert aggregate is not None
        arrays = aggregate
    return from_record(arrays)


def strategy_of(name: str, **parameters: float) -> Strategy:
    method = METHODS[name]
    assert method.strategy is not None
    return method.strategy(method.parameters(**parameters), COHORT)


def test_fedavg_is_the_mean_weighted_by_examples() -> None:
    assert np.array_equal(aggregate(strategy_of("fedavg"))["w"], MEAN)


def test_the_plain_algebra_agrees_with_flower() -> None:
    updates, weights = zip(*UPDATES, strict=True)
    assert np.allclose(weighted_mean(updates, weights)["w"], MEAN)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("fedprox", {"mu": 0.0}),
        ("fedavgm", {"momentum": 0.0, "server_learning_rate": 1.0}),
    ],
)
def test_a_limit_case_is_fedavg_to_the_bit(name: str, parameters: dict[str, float]) -> None:
    limit = aggregate(strategy_of(name, **parameters), rounds=3)["w"]
    assert limit.tobytes() == aggregate(strategy_of("fedavg"), rounds=3)["w"].tobytes()


def test_the_default_momentum_is_not_fedavg() -> None:
    # v1 = 0 - m, w1 = m; v2 = 0.9 v1 + (w1 - m) = -0.9 m, w2 = w1 + 0.9 m = 1.9 m
    assert FedAvgMParameters().momentum > 0
    moved = aggregate(strategy_of("fedavgm"), rounds=2)["w"]
    assert np.allclose(moved, 1.9 * MEAN)


def test_the_proximal_term_is_half_mu_times_the_squared_distance() -> None:
    import torch

    term = penalty(FedProxParameters(mu=0.5))
    assert term is not None
    trained = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([3.0])}
    received = {"a": torch.tensor([0.0, 0.0]), "b": torch.tensor([1.0])}
    # 0.25 * ((1 + 4) + 4) = 2.25
    assert term(trained, received).item() == 2.25


def test_mu_zero_adds_no_term_at_all() -> None:
    assert penalty(FedProxParameters(mu=0.0)) is None


def test_weights_without_a_sum_and_unequal_names_are_refused() -> None:
    one = {"w": np.ones(1, np.float32)}
    for updates, weights in (([], []), ([one], [0.0]), ([one, {"v": one["w"]}], [1.0, 1.0])):
        with pytest.raises(ValueError):
            weighted_mean(updates, weights)
