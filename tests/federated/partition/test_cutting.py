"""Who holds what: four ways to cut a training set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from federated import hub
from federated.domains import FINANCE, GENERAL
from federated.errors import BadData
from federated.partition import split
from federated.recipe import Data
from tests.federated.partition.conftest import MakeTable, numbered

SCHEMES = ("iid", "dirichlet", "natural", "quantity")


def cut(table: Dataset, clients: int, **data: object) -> list[list[int]]:
    """The numbers of each client's rows."""
    shares = split(table, FINANCE, clients, Data.model_validate(data))
    return [share["number"][:] for share in shares]


def test_iid_is_a_seed_42_shuffle_cut_into_contiguous_equal_shares(make_table: MakeTable) -> None:
    shuffled = np.random.default_rng(42).permutation(90)
    assert cut(make_table(), 9) == shuffled.reshape(9, 10).tolist()


def test_a_dirichlet_cut_is_what_it_always_was(make_table: MakeTable) -> None:
    # What the engine answered before it had other partitions than iid and this.
    assert cut(make_table(12), 3, partition="dirichlet") == [
        [0, 10, 4, 7],
        [11, 6, 9],
        [1, 5, 8, 2, 3],
    ]
    assert cut(make_table(12), 3, partition="dirichlet", concentration=5.0, partition_seed=3) == [
        [11, 0, 6],
        [9, 5, 7],
        [10, 2, 3, 8, 1, 4],
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=15, deadline=None)
@given(
    rows=st.integers(40, 120),
    clients=st.integers(1, 6),
    seed=st.integers(0, 2**31 - 1),
    concentration=st.floats(0.5, 1000),
)
def test_every_row_has_exactly_one_client_and_every_client_a_row(
    scheme: str, rows: int, clients: int, seed: int, concentration: float
) -> None:
    try:
        shares = cut(
            numbered(rows),
            clients,
            partition=scheme,
            partition_by="input",
            partition_seed=seed,
            concentration=concentration,
        )
    except BadData as refused:
        assert scheme == "dirichlet" and "no draw" in refused.message
        return
    assert len(shares) == clients and all(shares)
    assert sorted(number for share in shares for number in share) == list(range(rows))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_same_seed_cuts_the_same_way_and_another_does_not(
    scheme: str, make_table: MakeTable
) -> None:
    def drawn(seed: int) -> list[list[int]]:
        data = {"partition": scheme, "partition_by": "input", "partition_seed": seed}
        return [sorted(share) for share in cut(make_table(), 5, **data)]

    assert drawn(7) == drawn(7) != drawn(8)


def test_a_small_concentration_makes_clients_differ(make_table: MakeTable) -> None:
    def largest_share(concentration: float) -> float:
        data = Data(partition="dirichlet", concentration=concentration)
        shares = split(make_table(900), FINANCE, 10, data)
        return float(np.mean([max(Counter(s["output"]).values()) / len(s) for s in shares]))

    assert largest_share(0.1) > largest_share(100.0) + 0.2


def test_a_domain_without_a_label_column_can_be_cut_by_kind() -> None:
    verbs = ["Write", "Explain", "List"]
    table = Dataset.from_dict({"instruction": [f"{verbs[i % 3]} number {i}" for i in range(300)]})
    data = Data(partition="dirichlet", concentration=0.1)
    shares = split(table, GENERAL, 5, data)
    held = [text for share in shares for text in share["instruction"]]
    assert sorted(held) == sorted(table["instruction"])
    assert max(Counter(t.split()[0] for t in shares[0]["instruction"]).values()) > 0.5 * len(
        shares[0]
    )


def test_more_clients_than_rows_is_refused(make_table: MakeTable) -> None:
    for scheme in SCHEMES:
        with pytest.raises(BadData, match="5 rows cannot be shared by 6 clients"):
            cut(make_table(5), 6, partition=scheme)


def test_a_dirichlet_draw_that_leaves_a_client_without_rows_is_refused_in_words(
    make_table: MakeTable,
) -> None:
    with pytest.raises(BadData, match=r"Dirichlet\(0.001\) over 90 rows .* 20 clients") as refused:
        cut(make_table(), 20, partition="dirichlet", concentration=0.001)
    assert "Raise data.concentration" in refused.value.hint


@pytest.mark.mirror
def test_a_published_headline_stays_with_one_client(mirror: Path) -> None:
    table = hub.load_table(hub.pin_dataset(FINANCE.dataset), columns=FINANCE.columns)
    shares = split(table, FINANCE, 50, Data(partition="natural", partition_by="input"))
    held = [set(share["input"]) for share in shares]
    assert sum(map(len, held)) == len(set.union(*held)) == len(set(table["input"]))
    assert sum(map(len, shares)) == len(table)
    # Many headlines of a few rows each: the dealt loads end within the largest of them.
    assert np.ptp([len(s) for s in shares]) <= max(Counter(table["input"]).values())
