"""Reading who holds what: whole files, and parts that do not fit together."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.clients import partition, tables
from leaderboard.clients.partition import UNREADABLE, parse
from tests.leaderboard.clients.test_profiles import VALUES

SMALL: dict[str, Any] = {
    "kind": "dirichlet",
    "clients": 2,
    "seed": 42,
    "parameters": {"concentration": 0.5},
    "label": "the sentiment",
    "sizes": [4, 2],
    "labels": ["good", "=bad"],
    "counts": [[3, 1], [0, 2]],
    "lengths": {"unit": "words", "edges": [0, 8, 16], "counts": [[1, 2, 1], [0, 2, 0]]},
}


def read(**changes: Any) -> partition.Partition:
    return parse(json.dumps({**SMALL, **changes}).encode())


def test_a_whole_file_is_read() -> None:
    found = read()
    assert (found.kind, found.seed, found.sizes) == ("dirichlet", 42, (4, 2))
    assert (found.labels, found.counts) == (("good", "=bad"), ((3, 1), (0, 2)))
    assert found.parameters == (("concentration", "0.5"),)
    assert found.problems == ()


def test_with_a_count_for_each_edge_the_last_length_is_open_otherwise_closed() -> None:
    opened = read().lengths
    closed = read(lengths={**SMALL["lengths"], "counts": [[1, 3], [0, 2]]}).lengths
    assert opened and [one.title for one in opened.bins] == ["0 to 8", "8 to 16", "16 or more"]
    assert closed and [one.title for one in closed.bins] == ["0 to 8", "8 to 16"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"counts": [[3, 1]]}, "labels"),
        ({"counts": [[3, 1], [0]]}, "labels"),
        ({"counts": [[3, 1], [0, -2]]}, "labels"),
        ({"lengths": {"edges": [0, 8, 4], "counts": []}}, "lengths"),
        ({"lengths": {"edges": [0, "x"], "counts": [[1], [1]]}}, "lengths"),
        ({"lengths": [1]}, "lengths"),
    ],
)
def test_a_part_that_does_not_fit_is_left_out_and_named(changes: Any, said: str) -> None:
    found = read(**changes)
    assert found.sizes == (4, 2)
    assert found.problems == (f"The {said} do not fit the clients and are left out.",)
    assert (found.counts == (), found.lengths is None) == (said == "labels", said == "lengths")


def test_data_without_labels_or_lengths_are_no_problem() -> None:
    found = read(labels=[], counts=[], lengths=None)
    assert (found.labels, found.counts, found.lengths, found.problems) == ((), (), None, ())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"sizes": []}', b'{"sizes": [4, '])
def test_a_file_that_says_nothing_is_said_to_say_nothing(content: bytes) -> None:
    assert parse(content).problems == (UNREADABLE,)


@given(st.dictionaries(st.sampled_from(list(SMALL)), VALUES))
def test_any_object_can_be_read(changes: dict[str, Any]) -> None:
    found = parse(json.dumps({**SMALL, **changes}).encode())
    assert not found.counts or len(found.counts) == len(found.sizes)


def test_the_table_has_a_line_a_client_and_no_formula() -> None:
    header, *rows = csv.reader(tables.holdings_csv(read()))
    assert header == [
        *("client", "rows", "good", "'=bad"),
        *("words 0 to 8", "words 8 to 16", "words 16 or more"),
    ]
    assert rows == [["0", "4", "3", "1", "1", "2", "1"], ["1", "2", "0", "2", "0", "2", "0"]]
    bare = list(csv.reader(tables.holdings_csv(read(labels=[], lengths=None))))
    assert bare == [["client", "rows"], ["0", "4"], ["1", "2"]]
