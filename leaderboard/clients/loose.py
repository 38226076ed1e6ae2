"""Numbers and words out of JSON that nobody has checked; what does not fit is None, no error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

MOST = 1e15
"""No number here is larger: seconds, bytes, tokens and rows alike."""
LONGEST_WORD = 80


def checked(value: Any) -> float | None:
    """A number from 0 to `MOST`; anything else, NaN too, is none."""
    plain = type(value) in (int, float)  # a bool is neither
    return float(value) if plain and 0 <= value <= MOST else None


def number(line: Json, key: str) -> float | None:
    """A line's number, or None."""
    return checked(line.get(key))


def whole(line: Json, key: str) -> int | None:
    """A line's whole number, or None."""
    found = number(line, key)
    return int(found) if found is not None and found == int(found) else None


def word(line: Json, key: str) -> str:
    """A line's short text, or nothing."""
    found = line.get(key)
    return found[:LONGEST_WORD] if isinstance(found, str) else ""
