"""Each item's score out of a stored items file, by digest: what two entries are compared on."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from . import storage

KEPT = 4096
"""Files kept in memory, a few kilobytes each: a rebuild reads only what is new."""


class ItemScores(NamedTuple):
    """A task's items by name, and each one's score: the mean over its samples."""

    items: tuple[str, ...]
    scores: NDArray[np.float32]


@lru_cache(maxsize=KEPT)
def item_scores(digest: str) -> ItemScores:
    """What the file says, items in the order of their names; `StorageError` where it cannot be
    read. Files of the first evaluator have one row an item, later ones a row a sample.
    """
    content = pa.BufferReader(storage.read(digest))
    try:
        table = pq.read_table(content, columns=["item_id", "correct"])
        means = table.group_by("item_id").aggregate([("correct", "mean")]).sort_by("item_id")
    except (pa.ArrowException, OSError, KeyError) as error:
        raise storage.StorageError(f"The stored file {digest} is no items file.") from error
    scores = means["correct_mean"].to_numpy().astype(np.float32)
    return ItemScores(_shared(tuple(means["item_id"].to_pylist())), scores)


@lru_cache(maxsize=256)
def _shared(items: tuple[str, ...]) -> tuple[str, ...]:
    """The first tuple that was equal: entries of one board name the same items."""
    return items
