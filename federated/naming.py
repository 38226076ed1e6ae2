"""How an unknown name is answered: with the near ones."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(kind: str, found: object, known: Iterable[str], listed: bool = True) -> str:
    """The sentence for a name that is not in a table; all others are listed if none is near.

    >>> unknown("method", "fedavgg", ["fedavg", "fedprox"])
    "unknown method 'fedavgg'; did you mean 'fedavg'?"
    """
    names = list(known)
    near = get_close_matches(str(found), names, n=3, cutoff=0.7)
    if near:
        return f"unknown {kind} {found!r}; did you mean {' or '.join(map(repr, near))}?"
    if not listed:
        return f"unknown {kind} {found!r}"
    return f"unknown {kind} {found!r}; known: {', '.join(sorted(names)[:12]) or 'none'}"
