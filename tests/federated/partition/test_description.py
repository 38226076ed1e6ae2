"""What a run's page says of its partition."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.domains import FINANCE, GENERAL
from federated.partition import MOST_LABELS, OTHER, describe, labels, split, write_description
from federated.partition.description import MOST_BINS, bin_edges
from federated.recipe import Data
from tests.federated.partition.conftest import MakeTable, numbered


def test_a_partition_of_four_rows_is_described_to_the_row() -> None:
    table = Dataset.from_dict(
        {
            "instruction": ["Say it"] * 4,
            "input": ["", "one", "one two", "one two three"],
            "output": ["good", "good", "bad", "good"],
        }
    )
    shares = [table.select([0, 2]), table.select([1, 3])]
    # Words: the instruction's 2, the input's 0 to 3, the answer's 1: 3 and 5, then 4 and 6.
    # The 99 % quantile is 6 and 11 bins of width 1 pass it: edges 0 to 7.
    assert describe(shares, FINANCE, Data(partition="quantity", partition_seed=9)) == {
        "kind": "quantity",
        "clients": 2,
        "seed": 9,
        "parameters": {"concentration": 0.5},
        "label": "the answer",
        "sizes": [2, 2],
        "labels": ["good", "bad"],
        "counts": [[1, 1], [2, 0]],
        "lengths": {
            "unit": "words",
            "edges": [0, 1, 2, 3, 4, 5, 6, 7],
            "counts": [[0, 0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 0, 1]],
        },
    }


def test_lengths_are_of_what_the_prompt_shows() -> None:
    table = Dataset.from_dict(
        {"instruction": ["Say it"] * 2, "input": [None, "one two"], "output": ["yes", "yes"]}
    )

    def counts(shown: str) -> list[list[int]]:
        found = describe([table], GENERAL, Data.model_validate({"input": shown}))
        counted: list[list[int]] = found["lengths"]["counts"]
        return counted

    # General NLP's original mapping drops the input: 2 + 1 words both times, else 3 and 5.
    assert counts("original") == [[0, 0, 0, 2]]
    assert counts("keep") == [[0, 0, 0, 1, 0, 1]]


@settings(max_examples=20, deadline=None)
@given(
    scheme=st.sampled_from(["iid", "dirichlet", "natural", "quantity"]),
    rows=st.integers(60, 200),
    clients=st.integers(1, 5),
)
def test_labels_and_lengths_sum_to_the_sizes(scheme: str, rows: int, clients: int) -> None:
    data = Data.model_validate({"partition": scheme, "partition_by": "input", "concentration": 5.0})
    shares = split(numbered(rows), FINANCE, clients, data)
    found = describe(shares, FINANCE, data)
    assert found["sizes"] == [len(share) for share in shares]
    for counts in (found["counts"], found["lengths"]["counts"]):
        assert [sum(client) for client in counts] == found["sizes"]


def test_rare_labels_are_counted_together_and_come_last(make_table: MakeTable) -> None:
    verbs = [f"verb{i} it" for i in range(MOST_LABELS)] * 3 + [f"rare{i} it" for i in range(30)]
    shares = split(make_table(90, instruction=verbs), GENERAL, 3, Data())
    found = describe(shares, GENERAL, Data())
    assert len(found["labels"]) == MOST_LABELS + 1 and found["labels"][-1] == OTHER
    assert np.sum(found["counts"], axis=0).tolist() == [3] * MOST_LABELS + [30]


def test_a_dirichlet_partition_is_described_by_the_labels_it_went_by(
    make_table: MakeTable,
) -> None:
    # 30 verbs of 3 rows each: which 20 are told apart is a matter of order alone.
    table = make_table(90, instruction=[f"verb{i % 30} it" for i in range(90)])
    data = Data(partition="dirichlet", concentration=1.0)
    found = describe(split(table, GENERAL, 3, data), GENERAL, data)
    assert set(found["labels"]) == set(labels(table, GENERAL))


@pytest.mark.parametrize(
    ("data", "parameters"),
    [
        (Data(), {}),
        (Data(partition="dirichlet", concentration=2.0), {"concentration": 2.0}),
        (Data(partition="natural"), {"by": "the answer"}),
        (Data(partition="natural", partition_by="input"), {"by": "input"}),
    ],
)
def test_the_parameters_are_those_that_the_partition_used(
    data: Data, parameters: dict[str, object], make_table: MakeTable
) -> None:
    assert describe([make_table()], FINANCE, data)["parameters"] == parameters


def test_a_few_long_rows_share_one_wide_bin() -> None:
    # The 99 % quantile of 101 rows is the 100th, 14: widths of 2 reach it within 11 bins (22).
    assert bin_edges(np.array([3] * 99 + [14, 51])) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 52]
    # An edge belongs to the bin above it.
    assert bin_edges(np.array([3] * 99 + [14, 16])) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=300))
def test_bins_are_few_round_and_hold_every_length(lengths: list[int]) -> None:
    edges = bin_edges(np.array(lengths))
    assert 2 <= len(edges) <= MOST_BINS + 1 and edges[0] == 0
    assert edges[-1] > max(lengths) >= 0
    assert str(edges[1]).rstrip("0") in ("1", "2", "5")
    assert all(edge % edges[1] == 0 for edge in edges) and edges == sorted(set(edges))


def test_the_description_is_left_in_the_folder_as_one_object(
    tmp_path: Path, make_table: MakeTable
) -> None:
    shares = split(make_table(output=["bëtter"] * 90), FINANCE, 3, Data())
    write_description(tmp_path, shares, FINANCE, Data())
    assert [file.name for file in tmp_path.iterdir()] == ["partition.json"]
    text = (tmp_path / "partition.json").read_text("utf-8")
    assert "bëtter" in text and json.loads(text) == describe(shares, FINANCE, Data())
