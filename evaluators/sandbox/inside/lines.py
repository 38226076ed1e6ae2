"""JSON without the json package, whose import takes as long as all else that a box needs to start.

Both halves are the C functions that the json package itself calls.
"""

from __future__ import annotations

import _json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Settings:
    """What json.JSONDecoder would tell the scanner."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": -float("inf")}.get


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not JSON")


_make_scanner: Any = _json.make_scanner
_scan = _make_scanner(Settings)
_encode: Any = _json.make_encoder(
    None, _refuse, _json.encode_basestring_ascii, None, ":", ",", False, False, True
)


def dumps(value: Any) -> bytes:
    """A value as a line."""
    return "".join(_encode(value, 0)).encode() + b"\n"


def loads(line: bytes) -> Any:
    """The value of a line; ValueError where it is none."""
    text = line.decode().rstrip("\n")
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        raise ValueError("not JSON") from None
    if end != len(text):
        raise ValueError("more than one value")
    return value
