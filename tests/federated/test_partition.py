"""Who holds what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from datasets import Dataset

from federated.errors import BadData
from federated.partition import split
from federated.recipe import Data


def table(rows: int = 90) -> Dataset:
    labels = ["negative", "neutral", "positive"]
    return Dataset.from_dict(
        {"number": list(range(rows)), "output": [labels[i % 3] for i in range(rows)]}
    )


def test_iid_is_a_seed_42_shuffle_cut_into_contiguous_equal_shares() -> None:
    shares = split(table(), 9, Data(), "output")
    shuffled = np.random.default_rng(42).permutation(90)
    assert [share["number"][:] for share in shares] == shuffled.reshape(9, 10).tolist()


def test_every_row_goes_to_exactly_one_client() -> None:
    for scheme in ("iid", "dirichlet"):
        shares = split(table(), 7, Data(partition=scheme), "output")
        held = [number for share in shares for number in share["number"]]
        assert sorted(held) == list(range(90))


def test_a_small_concentration_makes_clients_differ() -> None:
    def largest_share(concentration: float) -> float:
        data = Data(partition="dirichlet", concentration=concentration)
        shares = split(table(900), 10, data, "output")
        return float(np.mean([max(Counter(s["output"]).values()) / len(s) for s in shares]))

    assert largest_share(0.1) > largest_share(100.0) + 0.2


def test_the_same_seed_cuts_the_same_way() -> None:
    data = Data(partition="dirichlet", partition_seed=7)
    first, second = (split(table(), 5, data, "output") for _ in range(2))
    assert [s["number"][:] for s in first] == [s["number"][:] for s in second]


def test_more_clients_than_rows_is_refused() -> None:
    with pytest.raises(BadData, match="5 rows cannot be shared by 6 clients"):
        split(table(5), 6, Data(), "output")
