"""The stored items files as pages read them: checked by digest, old files completed.

One file a task and protocol, one row an answer; the columns are `evaluators.job.ITEM_COLUMNS`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import IO, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from . import storage
from .item_records import Line

LISTED = (
    "item_id",
    "group",
    "prompt",
    "output",
    "answer",
    "gold",
    "correct",
    "compliant",
    "reason",
)
"""What a list needs; log-likelihoods and what programs printed stay in the file."""

ADDED: dict[str, Any] = {
    "sample": 0,
    "group": "",
    "options": None,
    "reason": None,
    "stdout": None,
    "seconds": None,
}
"""Columns that files of the first evaluator lack, and what their absence means."""

SEARCHED = ("prompt", "output", "answer", "gold")
KEPT_SHEETS = 4
BATCH = 256

Row = dict[str, Any]


class Sheet(NamedTuple):
    """A file's items in their order, and the columns that a list shows."""

    lines: tuple[Line, ...]
    columns: pa.Table

    def cell(self, column: str, row: int) -> Any:
        """One value of a listed column; None where the file has no such column."""
        return self.columns[column][row].as_py() if column in self.columns.column_names else None

    def texts(self) -> list[str]:
        """What a search looks through, one text a row of the file, in lower case."""
        columns = [self.columns[name].to_pylist() for name in SEARCHED]
        return ["\n".join(filter(None, cells)).casefold() for cells in zip(*columns, strict=True)]


EMPTY = Sheet((), pa.table({name: pa.array([], pa.string()) for name in LISTED}))


@lru_cache(maxsize=KEPT_SHEETS)
def sheet(digest: str) -> Sheet:
    """A stored file for listing; `StorageError` where it is missing, changed or not readable."""
    table = _read(digest, LISTED)
    light = table.select([c for c in table.column_names if c not in SEARCHED])
    items: dict[str, list[tuple[int, Row]]] = {}
    for number, row in enumerate(light.to_pylist()):
        items.setdefault(row["item_id"], []).append((number, {**ADDED, **row}))
    lines = (_line(place, rows) for place, rows in enumerate(items.values(), start=1))
    return Sheet(tuple(lines), table)


def _line(place: int, rows: list[tuple[int, Row]]) -> Line:
    """An item from its samples."""
    first = rows[0][1]
    return Line(
        place=place,
        item_id=first["item_id"],
        group=first["group"] or "",
        rows=tuple(number for number, _ in rows),
        right=sum(bool(row["correct"]) for _, row in rows),
        in_form=all(row["compliant"] for _, row in rows),
        reasons=tuple(dict.fromkeys(row["reason"] for _, row in rows if row["reason"])),
    )


def item_ids(digest: str) -> tuple[str, ...]:
    """Each item's id once, in the file's order; `StorageError` where it cannot be read."""
    table = _read(digest, ("item_id",))
    if "item_id" not in table.column_names:
        raise storage.StorageError(f"The stored file {digest} is no items file.")
    return tuple(dict.fromkeys(table.column("item_id").to_pylist()))


def samples(digest: str, line: Line) -> list[Row]:
    """Every column of one item's rows, in the order of its samples."""
    rows = _read(digest).take(line.rows).to_pylist()
    return sorted(({**ADDED, **row} for row in rows), key=lambda row: row["sample"] or 0)


def json_lines(digest: str) -> Iterator[str]:
    """The file as JSON, one object a line, its columns as keys; NaN and infinity become null.

    Opens the file at once, so that a missing one raises `StorageError` before anything is sent.
    """
    return _lines(storage.open_stored(digest))


def _lines(opened: IO[Any]) -> Iterator[str]:
    with opened as file:
        for batch in pq.ParquetFile(file).iter_batches(BATCH):
            for row in batch.to_pylist():
                yield json.dumps(_plain(row), ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """JSON knows no infinity and no NaN."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(digest: str, columns: tuple[str, ...] | None = None) -> pa.Table:
    """Of the wanted columns those that there are. Without threads: many readers share a machine."""
    content = storage.read(digest)
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        wanted = [name for name in columns or () if name in file.schema_arrow.names]
        return file.read(wanted or None, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise storage.StorageError(f"The stored file {digest} is no items file.") from error
