"""C++'s == on answers that are JSON (the forms are in inside/plain.hpp)."""

from __future__ import annotations

import struct
from typing import Any

REALS = ("float", "double", "long double")
NUMBERS = ("integer", *REALS)


def equal(answer: Any, wanted: Any) -> bool:
    """Whether two encoded values are equal to a C++ program.

    Raises a ValueError, TypeError, LookupError or ArithmeticError for what is none.
    """
    kind, other = answer[0], wanted[0]
    if kind in NUMBERS and other in NUMBERS:
        return _numbers(answer, wanted)
    if "optional" in (kind, other):
        return _optionals(answer, wanted)
    if kind != other:
        return False
    if kind == "tuple":
        return len(answer[1]) == len(wanted[1]) and all(map(equal, answer[1], wanted[1]))
    if kind in ("ordered", "unordered"):
        return answer[1] == wanted[1] and _items(kind, answer[2], wanted[2])
    return kind == "text" and bool(answer[1] == wanted[1])


def _numbers(answer: Any, wanted: Any) -> bool:
    """An integer beside a real number becomes one; a float beside a double becomes a double."""
    kinds = [kind for kind in (answer[0], wanted[0]) if kind in REALS]
    if not kinds:
        return int(answer[1]) == int(wanted[1])
    single = set(kinds) == {"float"}
    return _real(answer, single) == _real(wanted, single)


def _real(value: Any, single: bool) -> float:
    number = float(value[1]) if value[0] == "integer" else float.fromhex(value[1])
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0]) if single else number
    except OverflowError:
        return float("inf") if number > 0 else -float("inf")


def _optionals(answer: Any, wanted: Any) -> bool:
    held = [value[1] if value[0] == "optional" else value for value in (answer, wanted)]
    if None in held:
        return held == [None, None]
    return equal(*held)


def _items(kind: str, answer: list[Any], wanted: list[Any]) -> bool:
    if len(answer) != len(wanted):
        return False
    if kind == "ordered":
        return all(map(equal, answer, wanted))
    return all(any(equal(item, other) for other in answer) for item in wanted)


def shown(value: Any) -> str:
    """An encoded value for people."""
    kind, content = value[0], value[-1]
    if kind in REALS:
        return f"{float.fromhex(content):g}"
    if kind == "optional":
        return "nothing" if content is None else shown(content)
    if kind in ("tuple", "ordered", "unordered"):
        return "{" + ", ".join(map(shown, content)) + "}"
    return f'"{content}"' if kind == "text" else str(content)
