"""A run's clients as comma-separated text (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .partition import Partition
from .profiles import Profile, Turn

TURN_COLUMNS = ("round", "kind", *Turn._fields)
ROUND_COLUMNS = (
    "round", "kind", "policy", "workers", "clients", "started", "seconds", "makespan", "bound",
    "predicted", "idle", "utilisation",
)  # fmt: skip


def turns_csv(found: Profile) -> Iterator[str]:
    """One line a turn of a client, under a header."""
    rows = ((one.number, one.kind, *turn) for one in found.rounds for turn in one.turns)
    return csv_lines(TURN_COLUMNS, rows)


def rounds_csv(found: Profile) -> Iterator[str]:
    """One line a round, under a header; utilisation by worker, with spaces between."""
    rows = (
        (*one[:-2], " ".join(f"{share:g}" for share in one.utilisation)) for one in found.rounds
    )
    return csv_lines(ROUND_COLUMNS, rows)


def holdings_csv(found: Partition) -> Iterator[str]:
    """One line a client: its rows, then those of each label, then those of each length."""
    lengths = found.lengths
    names = [f"{lengths.unit} {piece.title}".strip() for piece in lengths.bins] if lengths else []
    nothing: tuple[tuple[int, ...], ...] = ((),) * len(found.sizes)
    counts, bins = found.counts or nothing, lengths.counts if lengths else nothing
    rows = zip(found.sizes, counts, bins, strict=True)
    lines = ((client, size, *a, *b) for client, (size, a, b) in enumerate(rows))
    return csv_lines(("client", "rows", *found.labels, *names), lines)


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines one by one. A text that a spreadsheet would compute stays a text."""
    yield _csv_line(header)
    for row in rows:
        yield _csv_line(row)


def _csv_line(cells: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
