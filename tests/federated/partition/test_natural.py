"""A partition by a column: values whole, dealt to clients."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.domains import FINANCE, GENERAL
from federated.errors import BadData
from federated.partition import split
from federated.partition.cutting import deal
from federated.recipe import Data
from tests.federated.partition.conftest import MakeTable

BY_WARD = Data(partition="natural", partition_by="ward")


def test_the_largest_value_goes_first_and_always_to_whoever_has_fewest_rows() -> None:
    # 9 | 5; 4 joins the 5 (9 | 9); of the last two, 2 and 1, one joins each: 11 | 10.
    rows = np.array([1, 9, 4, 5, 2])
    client = deal(rows, 2, seed=0)
    assert client[3] == client[2] != client[1]
    assert client[4] != client[0]
    assert sorted(np.bincount(client, weights=rows)) == [10, 11]


def test_the_seed_draws_among_values_of_one_size_and_among_clients() -> None:
    def dealt(*rows: int) -> set[tuple[int, ...]]:
        return {tuple(deal(np.array(rows), 2, seed).tolist()) for seed in range(40)}

    # Three values of one row: two of them share a client, any two and either client.
    assert dealt(1, 1, 1) == {
        (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 1)
    }  # fmt: skip
    # Sizes that all differ leave only the clients' order to draw.
    assert dealt(9, 5, 3) == {(0, 1, 1), (1, 0, 0)}


@given(
    rows=st.lists(st.integers(1, 50), min_size=6, max_size=40),
    clients=st.integers(1, 6),
    seed=st.integers(0, 2**31 - 1),
)
def test_everyone_gets_a_value_and_loads_differ_by_no_more_than_the_largest(
    rows: list[int], clients: int, seed: int
) -> None:
    loads = np.bincount(deal(np.array(rows), clients, seed), weights=rows, minlength=clients)
    assert loads.min() > 0 and loads.sum() == sum(rows)
    # Whoever ends fullest had the fewest rows before its last value, and nobody has lost any.
    assert np.ptp(loads) <= max(rows)


def test_no_value_is_split_over_two_clients(make_table: MakeTable) -> None:
    wards = [f"ward {i * i % 11}" for i in range(90)]  # squares mod 11: 0, 1, 3, 4, 5, 9
    shares = split(make_table(ward=wards), FINANCE, 4, BY_WARD)
    held = [set(share["ward"]) for share in shares]
    assert sum(map(len, held)) == 6 and len(set.union(*held)) == 6


@pytest.mark.parametrize(
    "wards",
    [
        [1, 2, 3] * 30,
        [1.5, None, 2.5] * 30,
        [True, False, None] * 30,
        [datetime.date(2026, 1, day) for day in (1, 2, 3)] * 30,
    ],
)
def test_values_may_be_numbers_dates_and_absent(wards: list[object], make_table: MakeTable) -> None:
    shares = split(make_table(ward=wards), FINANCE, 3, BY_WARD)
    held = sorted([set(share["ward"]) for share in shares], key=str)
    assert held == sorted(({ward} for ward in set(wards)), key=str)


def test_without_a_column_the_values_are_the_domains_labels_rare_ones_too(
    make_table: MakeTable,
) -> None:
    verbs = [f"Verb{i % 30} it" for i in range(90)]
    shares = split(make_table(instruction=verbs), GENERAL, 30, Data(partition="natural"))
    assert [len(set(share["instruction"])) for share in shares] == [1] * 30


def test_fewer_values_than_clients_is_refused_with_the_columns_that_would_do(
    make_table: MakeTable,
) -> None:
    table = make_table(tags=[["list"]] * 90)
    with pytest.raises(
        BadData, match="by the answer finds 3 values, at least one for each of 5 clients"
    ) as refused:
        split(table, FINANCE, 5, Data(partition="natural"))
    assert refused.value.hint.endswith("data.partition_by: number (90), input (7).")


def test_an_unknown_column_is_answered_with_the_near_ones(make_table: MakeTable) -> None:
    with pytest.raises(BadData, match=r"partition_by: unknown column 'wrad'; did you mean 'ward'"):
        split(
            make_table(ward=["a"] * 90),
            FINANCE,
            5,
            BY_WARD.model_copy(update={"partition_by": "wrad"}),
        )


def test_a_column_without_plain_values_is_refused(make_table: MakeTable) -> None:
    with pytest.raises(BadData, match=r"'ward' holds list<.*>, text, numbers or dates were wanted"):
        split(make_table(ward=[["a"]] * 90), FINANCE, 5, BY_WARD)
