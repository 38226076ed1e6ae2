"""Flower's own objects behave as before, only later: bytes are made when somebody reads them."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict
from flwr.serverapp import strategy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from federated.hooks import Hooked
from federated.recipe import Train
from federated.simulation import compat
from federated.simulation.fold import Folds

compat.prepare()

ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.float16, np.int64, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, max_side=5),
)

STOCK = """
import sys, io, numpy as np
from flwr.app import Array
value = np.load(io.BytesIO(bytes.fromhex(sys.argv[1])))
sys.stdout.write(Array(value).data.hex())
"""


@pytest.mark.parametrize(
    "values",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3)),
        np.array(7, dtype=np.int64),
        np.zeros((0, 3), np.float16),
    ],
)
def test_the_bytes_are_stock_flowers(values: np.ndarray) -> None:
    import io

    buffer = io.BytesIO()
    np.save(buffer, values)
    command = [sys.executable, "-c", STOCK, buffer.getvalue().hex()]
    stock = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert Array(values).data.hex() == stock


@given(ARRAYS)
def test_an_array_counts_its_bytes_without_making_them(values: np.ndarray) -> None:
    array = Array(values)
    assert compat.array_bytes(array) == len(array.data)
    again = Array(array.dtype, array.shape, array.stype, array.data)
    assert again.numpy().tobytes() == values.tobytes()
    assert (
        (again.dtype, again.shape)
        == (array.dtype, array.shape)
        == (str(values.dtype), values.shape)
    )


def test_an_array_is_a_snapshot_and_each_reading_a_copy() -> None:
    values = np.ones(3, np.float32)
    array = Array(values)
    values[0] = 5
    first = array.numpy()
    first[1] = 7
    assert array.numpy().tolist() == [1, 1, 1]


def test_a_torch_state_dict_goes_in_and_comes_out() -> None:
    layer = torch.nn.Linear(2, 3)
    record = ArrayRecord(layer.state_dict())
    out = record.to_torch_state_dict()
    assert torch.equal(out["weight"], layer.weight)
    out["weight"].zero_()  # the record's own numbers do not move
    assert torch.equal(record.to_torch_state_dict()["weight"], layer.weight)
    assert record.count_bytes() == 3 * 2 * 4 + 3 * 4 + 2 * 128 + len("weight") + len("bias")


def test_a_record_survives_pickling_and_copying() -> None:
    record = pickle.loads(pickle.dumps(ArrayRecord([np.arange(3.0)])))
    assert record["0"].numpy().tolist() == [0, 1, 2]
    assert ArrayRecord({"a": record["0"]})["a"].data == record["0"].data


def test_an_unknown_attribute_is_still_an_error() -> None:
    with pytest.raises(AttributeError, match="colour"):
        Array(np.zeros(1)).colour


def test_a_fresh_content_can_be_changed_without_harm() -> None:
    content = RecordDict({"config": ConfigRecord({"lr": 0.1}), "arrays": ArrayRecord([np.ones(1)])})
    mine = compat.fresh(content)
    mine["config"]["lr"] = 9.0
    mine["arrays"]["1"] = Array(np.zeros(1))
    del mine["arrays"]
    assert content["config"]["lr"] == 0.1
    assert list(content["arrays"]) == ["0"]


class Watcher(strategy.FedAvg):
    """A subclass that changes what it sends, not how it averages."""

    def summary(self) -> None:
        """Nothing to say."""


class Nosy(strategy.FedAvg):
    """A subclass that looks at its clients' arrays."""

    def aggregate_train(self, server_round, replies):
        return super().aggregate_train(server_round, list(replies))


@pytest.mark.parametrize(
    ("made", "key"),
    [
        (strategy.FedAvg(), "num-examples"),
        (strategy.FedAvg(weighted_by_key="steps"), "steps"),
        (strategy.FedProx(proximal_mu=0.1), "num-examples"),
        (strategy.FedAvgM(), "num-examples"),
        (strategy.FedAdam(), "num-examples"),
        (strategy.FedYogi(), "num-examples"),
        (strategy.FedAdagrad(), "num-examples"),
        (Watcher(), "num-examples"),
        (Nosy(), None),
        (strategy.FedAvg(train_metrics_aggr_fn=lambda records, key: MetricRecord()), None),
        (strategy.Krum(), None),
        (strategy.MultiKrum(), None),
        (strategy.Bulyan(), None),
        (strategy.FedMedian(), None),
        (strategy.FedTrimmedAvg(), None),
        (strategy.QFedAvg(client_learning_rate=0.1), None),
        (strategy.DifferentialPrivacyServerSideFixedClipping(strategy.FedAvg(), 1, 1, 5), None),
        (None, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_a_known_weighted_mean_is_folded(made: strategy.Strategy | None, key: str) -> None:
    assert compat.weight_key(made) == key


def test_a_strategy_that_only_watches_is_judged_by_the_one_inside() -> None:
    def hooked(inner: strategy.Strategy) -> Hooked:
        from federated.checkpoint import Account

        return Hooked(inner, Train(), 0, 1, Account(), lambda *facts: None)

    assert compat.weight_key(hooked(strategy.FedAvg())) == "num-examples"
    assert compat.weight_key(hooked(strategy.Krum())) is None


def test_a_folded_clients_arrays_cannot_be_read_by_mistake() -> None:
    folds = Folds()
    signature = folds.add(ArrayRecord([np.ones(2, np.float32)]), 1)
    record = folds.by_signature[signature].record()
    assert record.count_bytes() == 2 * 4 + 128 + 1
    assert list(record) == ["0"]
    with pytest.raises(LookupError, match="reduce='keep'"):
        record["0"].numpy()
    with pytest.raises(LookupError, match="reduce='keep'"):
        record["0"].data
    with pytest.raises(LookupError, match="a mean over 2 replies was asked, 1 were folded"):
        record.mean(2)
