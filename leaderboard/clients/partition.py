"""The stored `partition.json` as pages read it: how many rows of what each client holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .. import storage
from .loose import Json, checked, whole, word

LONGEST_LABEL = 60
UNREADABLE = "The file that tells what the clients hold could not be read."


class Bin(NamedTuple):
    """Lengths from `low` up to, not including, `high`; the last may be open."""

    low: float
    high: float | None

    @property
    def title(self) -> str:
        low = f"{self.low:,g}"
        return f"{low} or more" if self.high is None else f"{low} to {self.high:,g}"


class Lengths(NamedTuple):
    """How long the rows are."""

    unit: str
    bins: tuple[Bin, ...]
    counts: tuple[tuple[int, ...], ...]
    """Rows of each bin, by client."""


class Partition(NamedTuple):
    """Who holds what."""

    kind: str
    seed: int | None
    parameters: tuple[tuple[str, str], ...]
    label: str
    """What a label is, in words."""
    sizes: tuple[int, ...]
    """Rows, by client."""
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    """Rows of each label, by client; empty without labels."""
    lengths: Lengths | None
    problems: tuple[str, ...]
    """What could not be read, in sentences."""


NOTHING = Partition("", None, (), "", (), (), (), None, ())


def partition(digest: str) -> Partition:
    """A stored file; `StorageError` where it is missing or changed."""
    return parse(storage.read(digest))


def parse(content: bytes) -> Partition:
    """What fits together; a part that does not is left out and named."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    sizes = _row(found.get("sizes")) if isinstance(found, dict) else None
    if not sizes:
        return NOTHING._replace(problems=(UNREADABLE,))
    labels, lengths = _labels(found, len(sizes)), _lengths(found.get("lengths"), len(sizes))
    return Partition(
        kind=word(found, "kind"),
        seed=whole(found, "seed"),
        parameters=tuple(_parameters(found.get("parameters"))),
        label=word(found, "label"),
        sizes=sizes,
        labels=labels[0] if labels else (),
        counts=labels[1] if labels else (),
        lengths=lengths,
        problems=tuple(_problems(found, labels, lengths)),
    )


def _problems(found: Json, labels: Any, lengths: Any) -> Iterator[str]:
    for key, read in (("labels", labels), ("lengths", lengths)):
        if found.get(key) and not read:
            yield f"The {key} do not fit the clients and are left out."


def _labels(found: Json, clients: int) -> tuple[Any, Any] | None:
    """(labels, counts), or None."""
    names = found.get("labels")
    if not isinstance(names, list) or not names:
        return None
    counts = _table(found.get("counts"), clients, len(names))
    return (tuple(str(name)[:LONGEST_LABEL] for name in names), counts) if counts else None


def _lengths(found: Any, clients: int) -> Lengths | None:
    """With as many bins as edges the last is open, with one less it ends at the last edge."""
    if not isinstance(found, dict) or not isinstance(found.get("edges"), list):
        return None
    edges = [checked(edge) for edge in found["edges"]]
    known = [edge for edge in edges if edge is not None]
    if len(known) != len(edges) or len(known) < 2 or known != sorted(set(known)):
        return None
    for ends in ((*known[1:], None), tuple(known[1:])):
        if counts := _table(found.get("counts"), clients, len(ends)):
            bins = tuple(Bin(low, high) for low, high in zip(known, ends, strict=False))
            return Lengths(word(found, "unit"), bins, counts)
    return None


def _table(found: Any, rows: int, columns: int) -> tuple[tuple[int, ...], ...] | None:
    """A table of counts with exactly so many rows and columns, or None."""
    if not isinstance(found, list) or len(found) != rows:
        return None
    table = [_row(row) for row in found]
    whole_rows = [row for row in table if row is not None and len(row) == columns]
    return tuple(whole_rows) if len(whole_rows) == rows else None


def _row(found: Any) -> tuple[int, ...] | None:
    if not isinstance(found, list):
        return None
    counts = [checked(count) for count in found]
    whole_counts = [int(count) for count in counts if count is not None and count == int(count)]
    return tuple(whole_counts) if len(whole_counts) == len(found) else None


def _parameters(found: Any) -> Iterator[tuple[str, str]]:
    """(name, value) in words."""
    if isinstance(found, Mapping):
        for name, value in list(found.items())[:10]:
            yield str(name)[:LONGEST_LABEL].replace("_", " "), str(value)[:LONGEST_LABEL]
