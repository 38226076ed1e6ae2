"""Reading published files: text that may be gzipped, and rows of JSON."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .lines import Malformed

Row = dict[str, Any]

ACCURACY = re.compile(r"Accuracy:\s*(?P<value>\d+(\.\d+)?([eE]-?\d+)?)\.?\s*")


def read_rows(file: Path) -> list[Row]:
    """The objects of a JSONL file, or of one JSON array: the published scripts write either."""
    text = text_of(file)
    found = _array(file, text) if text.lstrip().startswith("[") else _lines(file, text)
    return list(found)


def _array(file: Path, text: str) -> Iterator[Row]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise Malformed(f"{file.name}: not JSON ({error}).") from None
    for number, row in enumerate(rows, 1):
        yield _object(file, "element", number, row)


def _lines(file: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.rstrip().split("\n"), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise Malformed(f"{file.name}, line {number}: not JSON ({error}).") from None
        yield _object(file, "line", number, row)


def _object(file: Path, kind: str, number: int, row: object) -> Row:
    if not isinstance(row, dict):
        raise Malformed(f"{file.name}, {kind} {number}: an object was wanted.")
    return row


def text_of(file: Path) -> str:
    """A file's text, unpacked if need be."""
    try:
        data = file.read_bytes()
        return (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Malformed(f"{file.name}: damaged or cut off gzip ({error}).") from None
    except UnicodeDecodeError as error:
        raise Malformed(f"{file.name}: not UTF-8 ({error}).") from None


def check_size(file: Path, rows: list[Row], n: int | None) -> None:
    """`Malformed` unless there are `n` rows. The sets repeat some items themselves, so only a file
    with too many rows has a row too often; the first repeated one is named."""
    if n is None or len(rows) == n:
        return
    said = f"{file.name}: {len(rows)} outputs, the set has {n}"
    if len(rows) < n:
        raise Malformed(f"{said}; the file ends after line {len(rows)}.")
    first: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        before = first.setdefault(json.dumps(row, sort_keys=True), number)
        if before != number:
            raise Malformed(f"{said}; line {number} repeats line {before}.")
    raise Malformed(f"{said}; line {n + 1} is the first too many.")


def read_accuracy(file: Path) -> float:
    """The fraction in an accuracy file."""
    if not file.is_file():
        raise Malformed(f"{file.name} is missing, so there is nothing to compare with.")
    match = ACCURACY.fullmatch(text_of(file))
    if not match or float(match["value"]) > 1:
        raise Malformed(f"{file.name}, line 1: 'Accuracy: <fraction>. ' was wanted.")
    return float(match["value"])
