"""Who holds what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from datasets import Dataset

from federated.domains import CODE, FINANCE, GENERAL, MEDICAL
from federated.errors import BadData
from federated.partition import MOST_LABELS, OTHER, labels, split
from federated.recipe import Data


def table(rows: int = 90) -> Dataset:
    labels = ["negative", "neutral", "positive"]
    return Dataset.from_dict(
        {"number": list(range(rows)), "output": [labels[i % 3] for i in range(rows)]}
    )


def test_iid_is_a_seed_42_shuffle_cut_into_contiguous_equal_shares() -> None:
    shares = split(table(), FINANCE, 9, Data())
    shuffled = np.random.default_rng(42).permutation(90)
    assert [share["number"][:] for share in shares] == shuffled.reshape(9, 10).tolist()


def test_every_row_goes_to_exactly_one_client() -> None:
    for scheme in ("iid", "dirichlet"):
        shares = split(table(), FINANCE, 7, Data(partition=scheme))
        held = [number for share in shares for number in share["number"]]
        assert sorted(held) == list(range(90))


def test_a_small_concentration_makes_clients_differ() -> None:
    def largest_share(concentration: float) -> float:
        data = Data(partition="dirichlet", concentration=concentration)
        shares = split(table(900), FINANCE, 10, data)
        return float(np.mean([max(Counter(s["output"]).values()) / len(s) for s in shares]))

    assert largest_share(0.1) > largest_share(100.0) + 0.2


def test_the_same_seed_cuts_the_same_way() -> None:
    data = Data(partition="dirichlet", partition_seed=7)
    first, second = (split(table(), FINANCE, 5, data) for _ in range(2))
    assert [s["number"][:] for s in first] == [s["number"][:] for s in second]


def test_more_clients_than_rows_is_refused() -> None:
    with pytest.raises(BadData, match="5 rows cannot be shared by 6 clients"):
        split(table(5), FINANCE, 6, Data())


def rows(*instructions: str) -> Dataset:
    return Dataset.from_dict(
        {"instruction": list(instructions), "input": ["What are the"] * len(instructions)}
    )


def test_a_kind_of_row_may_be_how_it_begins() -> None:
    table = rows("Write a poem.", "write: code", "Explain tides")
    assert labels(table, GENERAL) == labels(table, CODE) == ["write", "write", "explain"]
    assert labels(table, MEDICAL) == ["what are"] * 3


def test_rare_kinds_are_one_kind() -> None:
    common = [f"verb{i} it" for i in range(MOST_LABELS)] * 2
    found = labels(rows(*common, "rare it", "odd it"), GENERAL)
    assert found[-2:] == [OTHER, OTHER] and len(set(found)) == MOST_LABELS + 1


def test_a_domain_without_a_label_column_can_be_cut_by_kind() -> None:
    verbs = ["Write", "Explain", "List"]
    table = rows(*(f"{verbs[i % 3]} number {i}" for i in range(300)))
    data = Data(partition="dirichlet", concentration=0.1)
    shares = split(table, GENERAL, 5, data)
    held = [text for share in shares for text in share["instruction"]]
    assert sorted(held) == sorted(table["instruction"])
    assert max(Counter(t.split()[0] for t in shares[0]["instruction"]).values()) > 0.5 * len(
        shares[0]
    )
