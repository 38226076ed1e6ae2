"""Sums do not depend on who added what when."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flwr.app import ArrayRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.simulation import compat
from federated.simulation.fold import BLOCK, Folds, Signature, WeightedSum

compat.prepare()


def summed(parts: list[list[tuple[ArrayRecord, float]]]) -> ArrayRecord:
    """The mean when each part is folded by a worker of its own."""
    folds = Folds()
    for part in parts:
        own = Folds()
        for record, weight in part:
            own.add(record, weight)
        folds.merge(own)
    (total,) = folds.by_signature.values()
    return total.mean(sum(map(len, parts)))


def test_the_mean_is_weighted_by_examples() -> None:
    updates = [([1.0, 2.0], 1), ([3.0, 4.0], 2), ([5.0, 9.0], 5)]
    records = [(ArrayRecord([np.array(v, np.float32)]), w) for v, w in updates]
    # (1*1 + 2*3 + 5*5) / 8 = 4 and (1*2 + 2*4 + 5*9) / 8 = 6.875
    assert summed([records])["0"].numpy().tolist() == [4.0, 6.875]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    clients=st.integers(1, 40),
    workers=st.integers(1, 5),
    dtype=st.sampled_from(["float32", "float64", "float16"]),
)
def test_any_order_on_any_workers_gives_the_same_bits(
    seed: int, clients: int, workers: int, dtype: str
) -> None:
    draw, shuffle = np.random.default_rng(seed), random.Random(seed)
    records = [
        (ArrayRecord([draw.standard_normal(50).astype(dtype)]), int(draw.integers(1, 1000)))
        for _ in range(clients)
    ]
    plain = summed([records])["0"].numpy()
    shuffle.shuffle(records)
    parts = [records[worker::workers] for worker in range(workers)]
    shuffle.shuffle(parts)
    assert summed(parts)["0"].numpy().tobytes() == plain.tobytes()


def test_arrays_longer_than_a_block_are_added_whole() -> None:
    draw = np.random.default_rng(0)
    values = [draw.standard_normal(2 * BLOCK + 17).astype(np.float32) for _ in range(3)]
    records = [
        (ArrayRecord([value]), weight) for value, weight in zip(values, (1, 2, 3), strict=True)
    ]
    exact = sum(v.astype(np.float64) * w for v, w in zip(values, (1, 2, 3), strict=True)) / 6
    assert np.allclose(summed([records])["0"].numpy(), exact, rtol=0, atol=3e-7)


@pytest.mark.parametrize(
    ("dtype", "wanted"), [("float16", "float16"), ("float64", "float64"), ("int64", "float64")]
)
def test_the_mean_has_the_clients_number_format(dtype: str, wanted: str) -> None:
    records = [
        (ArrayRecord([np.array([1, 2], dtype)]), 1),
        (ArrayRecord([np.array([2, 4], dtype)]), 1),
    ]
    mean = summed([records])["0"].numpy()
    assert (mean.dtype, mean.tolist()) == (np.dtype(wanted), [1.5, 3.0])


def test_arrays_of_two_kinds_are_never_mixed() -> None:
    folds = Folds()
    two, three = (ArrayRecord([np.ones(n, np.float32)]) for n in (2, 3))
    for record in (three, three, two):
        folds.add(record, 1)
    assert len(folds.by_signature) == 2
    assert folds.chosen(two) == Signature.of(two)  # what was sent decides
    assert folds.chosen(None) == Signature.of(three)  # else most clients


def test_weights_of_zero_are_an_error_as_in_flower() -> None:
    total = WeightedSum(Signature.of(ArrayRecord([np.ones(1)])), 0)
    total.add([np.ones(1)], 0)
    with pytest.raises(ZeroDivisionError):
        total.mean(1)
