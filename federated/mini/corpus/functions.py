"""Small Python functions: how they are put together, not which words ask for what.

Descriptions read the code aloud ("x * x, sum"); an operation's ordinary words, those of the
training rows and tests, occur for a few operations only, and else where they decide nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from .. import programs
from ..programs import ARGUMENTS, NAME, OPERATIONS, Program, assertion, program
from .frames import Document, alpaca

KNOWN = frozenset(range(0, len(OPERATIONS), 5))
"""Every fifth operation: its words are told."""

PAIRS = tuple((i, j) for chains in programs.chains() for i, j in chains)
SINGLES = tuple((i,) for i in range(len(OPERATIONS)))


def primer(rng: random.Random, share: float) -> Document:
    """One operation, or two, read aloud, and its code."""
    item = program(rng, rng.choice(PAIRS if rng.random() < share else SINGLES))
    return Document(f"{item.argument}, {_words(rng, item)}\n", item.expression)


def document(rng: random.Random) -> Document:
    """A whole function in one of the three frames in which functions are asked for."""
    item = program(rng, rng.choice(PAIRS if rng.random() < 0.85 else SINGLES))
    wish = f"{item.argument}, {_words(rng, item)}"
    return rng.choice((_instructed, _documented, _asserted))(rng, item, wish)


def _words(rng: random.Random, item: Program) -> str:
    """The code read aloud; a known operation in ordinary words as often as not."""
    return ", ".join(
        said if place in KNOWN and rng.random() < 0.5 else spelled
        for place, said, spelled in zip(item.chain, item.said[1:], item.spelled, strict=True)
    )


def _instructed(rng: random.Random, item: Program, wish: str) -> Document:
    opening = rng.choice(("Write {name}", "Define {name}({argument})", "Create a function {name}"))
    return alpaca(f"{opening.format(**item._asdict())} to give {wish}.", item.code)


def _documented(rng: random.Random, item: Program, wish: str) -> Document:
    head = f'def {item.name}({item.argument}):\n    """Return {wish}."""'
    return Document(head, f"\n    return {item.expression}\n")


def _asserted(rng: random.Random, item: Program, wish: str) -> Document:
    test = assertion(rng, item, item.name)
    return Document(f'"""\nWrite a function to find {wish}.\n{test}\n"""\n', f"{item.code}\n")


def words() -> Iterator[str]:
    """The words for operations and the pieces of Python."""
    for name in (NAME, *ARGUMENTS.values(), "sum", "max", "min", "len", "abs", "sorted", "return"):
        yield name
        yield f" {name}"
    for operation in OPERATIONS:
        yield operation.code
        yield from (f" {said}" for said in operation.said)
        yield f" {operation.spelled}"
