"""What kind of row each row is: what partitions go by and what their pictures count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from ..domains import Domain, Row
from ..errors import BadData

if TYPE_CHECKING:
    from datasets import Dataset

LABEL, OTHER = "partition_label", "other"
MOST_LABELS = 20
"""Kinds of rows that a Dirichlet partition tells apart; the rarer ones are one kind."""


def labels(table: Dataset, domain: Domain) -> list[str]:
    """Each row's kind; all but the commonest are "other"."""
    return commonest(every_label(table, domain))


def every_label(table: Dataset, domain: Domain) -> list[str]:
    """Each row's kind, the rare ones too."""
    return [domain.label(row) for row in texts(table, domain.columns)]


def commonest(found: Sequence[str]) -> list[str]:
    """The same labels with all but the `MOST_LABELS` commonest called "other"."""
    common = {label for label, _ in Counter(found).most_common(MOST_LABELS)}
    return [label if label in common else OTHER for label in found]


def texts(table: Dataset, columns: Sequence[str]) -> list[Row]:
    """The rows, with those of `columns` that the table has; an absent cell is an empty text."""
    there = [column for column in columns if column in table.column_names]
    cells = arrow(table, there)
    read = {column: _text(column, cells[column]) for column in there}
    rows: list[Row] = pa.table(read).to_pylist()
    return rows


def arrow(table: Dataset, columns: Sequence[str]) -> pa.Table:
    """Some columns of a dataset, in its order of rows."""
    return table.with_format("arrow", columns=list(columns))[:]


def _text(column: str, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        text = cells.cast(pa.string())
    except pa.ArrowException:
        raise BadData(f"the column {column!r} holds {cells.type}, text was wanted.") from None
    return pc.fill_null(text, "") if text.null_count else text
