"""Stored items as the tests between entries need them."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboard import storage
from leaderboard.item_results import item_scores
from tests.leaderboard.scored import items_file

pytestmark = pytest.mark.django_db


def test_an_item_scores_the_mean_over_its_samples() -> None:
    found = item_scores(items_file([1.0, 0.5, 0.0], samples=4))
    assert found.items == ("fpb-0", "fpb-1", "fpb-2")
    assert found.scores.tolist() == [1.0, 0.5, 0.0]


def test_old_files_have_one_row_an_item() -> None:
    found = item_scores(items_file([1.0, 0.0], old=True))
    assert found.items == ("fpb-0", "fpb-1") and found.scores.tolist() == [1.0, 0.0]


def test_entries_with_the_same_items_share_their_names() -> None:
    one, other = (item_scores(items_file(scores)) for scores in ([1.0, 0.0], [0.0, 1.0]))
    assert one.items is other.items
    assert np.array_equal(one.scores, other.scores[::-1])


@pytest.mark.parametrize("content", [b"not parquet", b""])
def test_what_is_no_items_file_is_refused(content: bytes) -> None:
    with pytest.raises(storage.StorageError, match="no items file"):
        item_scores(storage.put(content))


def test_a_table_without_verdicts_is_refused() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"item_id": ["a"]}), sink)
    with pytest.raises(storage.StorageError, match="no items file"):
        item_scores(storage.put(sink.getvalue().to_pybytes()))


def test_a_file_that_is_not_stored_is_told() -> None:
    with pytest.raises(storage.StorageError, match="No file"):
        item_scores("0" * 64)
