"""Which prompts share a batch: those of nearly the same length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T", bound=tuple[Any, ...])


def batches(
    items: Iterable[T], rows: int, length: Callable[[T], int], tokens: int | None = None
) -> Iterator[list[T]]:
    """Longest first, so that running out of memory shows at once; then by what they hold.

    At most `rows` items, and no more of them than fit into `tokens` at the longest one's length.
    """
    ordered = sorted(items, key=lambda item: (-length(item), item))
    start = 0
    while start < len(ordered):
        fit = rows if tokens is None else tokens // max(1, length(ordered[start]))
        stop = start + max(1, min(rows, fit))
        yield ordered[start:stop]
        start = stop
