"""JSON that somebody handed in: read strictly, within limits, or refused with place and reason."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_DIGITS = 64
MAX_LINE_BYTES = 1024**2

# Possessive, and content with a string that never ends: linear in the text whatever it is.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class BadJson(ValueError):
    """Why a text was refused; `line` counts from 1, None where the whole text is meant."""

    def __init__(self, message: str, line: int | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.line, self.hint = message, line, hint


def loads(content: bytes | str) -> Any:
    """The value of a JSON text.

    Refused: what is not UTF-8, more than 64 levels, a key that stands twice in an object, numbers
    of more than 64 digits or too large for a float, NaN and Infinity, halves of surrogate pairs.
    """
    text = _decode(content)
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise BadJson(
            f"not valid JSON: {error.msg} at column {error.colno}", error.lineno
        ) from None
    if _SURROGATE.search(text):
        _check_text(value)
    return value


def read(file: Path, most_bytes: int) -> Any:
    """The value in a small file."""
    size = file.stat().st_size
    if size > most_bytes:
        raise BadJson(f"{size:,} bytes found, at most {most_bytes:,} are read")
    return loads(file.read_bytes())


def read_lines(file: Path) -> Iterator[tuple[int, Any | BadJson]]:
    """Each line of a JSONL file by its number from 1: its value, or why it has none.

    Empty lines are passed over. Memory holds one line, of at most 1 MiB.
    """
    with file.open("rb") as opened:
        number = 0
        while line := opened.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = opened.readline(MAX_LINE_BYTES)
                yield number, BadJson(f"longer than {MAX_LINE_BYTES:,} bytes", number)
            elif line.strip():
                yield number, _line(line, number)


def _line(line: bytes, number: int) -> Any | BadJson:
    try:
        return loads(line)
    except BadJson as refused:
        return BadJson(refused.message, number, refused.hint)


def _decode(content: bytes | str) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson("not UTF-8 text", content[: error.start].count(b"\n") + 1) from None


def _check_depth(text: str) -> None:
    """Before parsing: the parser itself would run out of stack."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            line = text.count("\n", 0, token.start()) + 1
            raise BadJson(f"nested more than {MAX_DEPTH} levels deep", line)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadJson(f"the key {_short(twice)} stands twice in one object")
    return found


def _whole(digits: str) -> int:
    _check_digits(digits)
    return int(digits)


def _number(digits: str) -> float:
    _check_digits(digits)
    found = float(digits)
    if math.isinf(found):
        raise BadJson(f"the number {digits} is too large", hint="use a number below 1.8e308")
    return found


def _check_digits(digits: str) -> None:
    if len(digits) > MAX_DIGITS:
        raise BadJson(
            f"a number of {len(digits):,} characters found, at most {MAX_DIGITS} are read"
        )


def _constant(name: str) -> NoReturn:
    raise BadJson(f"{name} found, which is not a number", hint="leave the value out, or write null")


def _check_text(value: Any) -> None:
    match value:
        case str():
            if any("\ud800" <= letter <= "\udfff" for letter in value):
                raise BadJson("half of a surrogate pair found, which is no character")
        case list():
            for part in value:
                _check_text(part)
        case dict():
            for key, part in value.items():
                _check_text(key)
                _check_text(part)


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_whole, parse_float=_number, parse_constant=_constant
)
