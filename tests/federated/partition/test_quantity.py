"""Quantity skew: how many rows each client has."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from federated.domains import FINANCE
from federated.partition import split
from federated.partition.cutting import skewed_sizes
from federated.recipe import Data
from tests.federated.partition.conftest import MakeTable


@given(
    spare=st.integers(0, 10_000),
    clients=st.integers(1, 60),
    concentration=st.floats(0, 1000, exclude_min=True),
    seed=st.integers(0, 2**31 - 1),
)
def test_sizes_sum_to_the_rows_and_everyone_has_one(
    spare: int, clients: int, concentration: float, seed: int
) -> None:
    sizes = skewed_sizes(clients + spare, clients, concentration, seed)
    assert len(sizes) == clients and sum(sizes) == clients + spare and min(sizes) >= 1


def test_sizes_are_as_unequal_as_the_concentration_says() -> None:
    # Shares q of a symmetric Dirichlet(c) over n clients: E[sum q^2] = (c + 1) / (n c + 1).
    for concentration, wanted in ((0.1, 1.1 / 2), (0.5, 1.5 / 6), (100.0, 101 / 1001)):
        shares = (
            np.array([skewed_sizes(100_010, 10, concentration, seed) for seed in range(400)])
            / 100_010
        )
        assert abs(np.mean(np.sum(shares**2, axis=1)) - wanted) < 0.05 * wanted + 0.02


def test_the_clients_have_the_drawn_sizes_and_rows_at_random(make_table: MakeTable) -> None:
    data = Data(partition="quantity", concentration=0.3, partition_seed=1)
    shares = split(make_table(900), FINANCE, 5, data)
    assert [len(share) for share in shares] == skewed_sizes(900, 5, 0.3, 1)
    largest = max(shares, key=len)
    # Answers come in turn: of n random rows n / 3 have each, give or take sqrt(2 n / 9), here 4 of
    # those.
    for rows in Counter(largest["output"]).values():
        assert abs(rows - len(largest) / 3) < 4 * (2 * len(largest) / 9) ** 0.5


def test_with_as_many_clients_as_rows_everyone_has_one(make_table: MakeTable) -> None:
    shares = split(make_table(6), FINANCE, 6, Data(partition="quantity", concentration=0.01))
    assert [len(share) for share in shares] == [1] * 6
