"""Plain values as JSON: what may cross from a program to its examiner.

The type is checked exactly, not by isinstance: a subclass may bring its own idea of equality.
JSON has no tuples, sets and so on, so everything beyond null, bool, str, int, float and list is
an object of one entry that names the type.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONG_INTEGER_BITS = 10_000
"""Longer ones go in hexadecimal: Python refuses to read very long decimal numbers."""
DIRECT = (bool, str, float, type(None))
SEQUENCES = ("tuple", "set", "frozenset", "deque")
MAPPINGS = ("dict", "Counter", "OrderedDict", "defaultdict")
BUILT_IN: dict[str, Any] = {kind.__name__: kind for kind in (tuple, set, frozenset, dict)}


class NotPlain(Exception):
    """A value that is more than data; its text is the type's name."""


def encode(value: Any) -> Any:
    """A plain value as what `lines` can write."""
    kind = type(value)
    if kind in DIRECT:
        return value
    if kind is int:
        return value if value.bit_length() < LONG_INTEGER_BITS else {"int": hex(value)}
    if kind is list:
        return [encode(item) for item in value]
    name = type.__dict__["__name__"].__get__(kind)
    if kind in (bytes, bytearray):
        return {name: value.hex()}
    if kind is complex:
        return {name: [value.real, value.imag]}
    if kind is range:
        return {name: [value.start, value.stop, value.step]}
    return {name: _items(name, kind, value)}


def _items(name: str, kind: type, value: Any) -> list[Any]:
    if kind is not _container(name):
        raise NotPlain(name)
    if name in SEQUENCES:
        return [encode(item) for item in value]
    return [[encode(key), encode(item)] for key, item in value.items()]


def _container(name: str) -> Any:
    """The container type of a name; None where there is none of that name."""
    if name in SEQUENCES + MAPPINGS and name not in BUILT_IN:
        import collections

        return getattr(collections, name)
    return BUILT_IN.get(name)


def decode(data: Any) -> Any:
    """The value that `encode` was given; ValueError, TypeError or KeyError if it was not one."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    [(name, content)] = data.items()
    if name in SEQUENCES:
        return _container(name)(decode(item) for item in content)
    if name in MAPPINGS:
        pairs = {decode(key): decode(item) for key, item in content}
        return _container(name)(*([None] if name == "defaultdict" else []), pairs)
    return SCALARS[name](content)


SCALARS: dict[str, Any] = {
    "int": lambda digits: int(digits, 16),
    "complex": lambda parts: complex(*parts),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "range": lambda parts: range(*parts),
}
