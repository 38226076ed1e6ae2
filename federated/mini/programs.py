"""Tiny programs: one expression put together from a few operations, and its description.

An operation is a piece of Python and the words for it. A program is a chain of two or three, and
which chains are kept for the tests is drawn once, so that no test's chain is in the training set.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from .world import SEED

Kind = Literal["list", "number", "text"]


class Operation(NamedTuple):
    """From one kind of value to another; "{}" is the value so far, "{k}" a digit."""

    takes: Kind
    gives: Kind
    code: str
    said: tuple[str, ...]
    spelled: str
    """How somebody would say it who only reads the code aloud."""


# Filters and maps come first in a chain, then what makes one number of them, then arithmetic.
OPERATIONS: tuple[Operation, ...] = (
    Operation("list", "list", "[x for x in {} if x % 2 == 0]",
              ("the even ones", "those that are even"), "x mod two is zero"),
    Operation("list", "list", "[x for x in {} if x % 2 == 1]",
              ("the odd ones", "those that are odd"), "x mod two is one"),
    Operation("list", "list", "[x for x in {} if x > {k}]",
              ("those above {k}", "the ones greater than {k}"), "x > {k}"),
    Operation("list", "list", "[x for x in {} if x < {k}]",
              ("those below {k}", "the ones smaller than {k}"), "x < {k}"),
    Operation("list", "list", "[x * x for x in {}]",
              ("their squares", "each one squared"), "x * x"),
    Operation("list", "list", "[x * {k} for x in {}]",
              ("each times {k}", "each one multiplied by {k}"), "x * {k}"),
    Operation("list", "list", "[x + {k} for x in {}]",
              ("each raised by {k}", "each one increased by {k}"), "x + {k}"),
    Operation("list", "list", "{}[::-1]", ("backwards", "in reverse order"), "slice minus one"),
    Operation("list", "list", "sorted({})", ("in rising order", "from small to large"), "sorted"),
    Operation("list", "list", "{}[1:]",
              ("without the first", "leaving out the first"), "slice from one"),
    Operation("list", "number", "sum({})", ("the total", "what they add up to"), "sum"),
    Operation("list", "number", "max({})", ("the largest", "the greatest"), "max"),
    Operation("list", "number", "min({})", ("the smallest", "the least"), "min"),
    Operation("list", "number", "len({})", ("how many there are", "the count"), "len"),
    Operation("list", "number", "{}[0]", ("the first one", "the one in front"), "item zero"),
    Operation("list", "number", "{}[-1]", ("the last one", "the one at the end"), "item minus one"),
    Operation("number", "number", "{} + {k}", ("plus {k}", "with {k} added"), "+ {k}"),
    Operation("number", "number", "{} - {k}", ("minus {k}", "with {k} taken away"), "- {k}"),
    Operation("number", "number", "{} * {k}", ("times {k}", "multiplied by {k}"), "* {k}"),
    Operation("number", "number", "{} // {k}", ("divided by {k}", "shared among {k}"), "// {k}"),
    Operation("number", "number", "abs({})", ("without its sign", "made positive"), "abs"),
    Operation("text", "text", "{}.upper()", ("in capitals", "in big letters"), "upper"),
    Operation("text", "text", "{}.lower()", ("in small letters", "without capitals"), "lower"),
    Operation("text", "text", "{}.strip()", ("without outer blanks", "trimmed"), "strip"),
    Operation("text", "text", "{}[::-1]", ("backwards", "in reverse order"), "slice minus one"),
    Operation("text", "text", "{} * {k}", ("repeated {k} times", "{k} times over"), "* {k}"),
    Operation("text", "text", "{}[1:]",
              ("without its first letter", "leaving out the first letter"), "slice from one"),
    Operation("text", "text", "{}[:{k}]",
              ("cut to {k} letters", "only {k} letters of it"), "slice to {k}"),
    Operation("text", "number", "len({})", ("how long it is", "its length"), "len"),
)  # fmt: skip

NAME = "solve"
ARGUMENTS: dict[Kind, str] = {"list": "xs", "number": "n", "text": "s"}
NOUNS: dict[Kind, tuple[str, ...]] = {
    "list": ("the numbers in {}", "the list {}"),
    "number": ("the number {}", "{}"),
    "text": ("the text {}", "the string {}"),
}
TEST_SHARE = 0.3
"""Chains kept for the tests."""


class Program(NamedTuple):
    """A function of one argument in one line, and what it does."""

    name: str
    argument: str
    kind: Kind
    chain: tuple[int, ...]
    """Places of its operations in OPERATIONS, the first applied first."""
    expression: str
    said: tuple[str, ...]
    """What it works on, then each operation, in ordinary words."""
    spelled: tuple[str, ...]
    """Each operation, read aloud."""

    @property
    def wish(self) -> str:
        """What it does, in ordinary words."""
        return ", ".join(self.said)

    @property
    def code(self) -> str:
        """The whole function."""
        return f"def {self.name}({self.argument}):\n    return {self.expression}"


@lru_cache(maxsize=1)
def chains() -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """All chains of two operations: those of the training set, those of the tests."""
    pairs = [(i, j) for i in range(len(OPERATIONS)) for j in range(len(OPERATIONS)) if _fits(i, j)]
    random.Random(SEED + 30).shuffle(pairs)
    cut = int(len(pairs) * TEST_SHARE)
    return sorted(pairs[cut:]), sorted(pairs[:cut])


def _fits(first: int, second: int) -> bool:
    """Whether the second may follow: the kinds agree and it does something else."""
    one, other = OPERATIONS[first], OPERATIONS[second]
    return (
        first != second
        and one.gives == other.takes
        and not (one.code.startswith("[") and other.code.startswith("["))
    )


def program(rng: random.Random, chain: tuple[int, ...]) -> Program:
    """A program of these operations with constants and words of its own."""
    kind = OPERATIONS[chain[0]].takes
    argument = ARGUMENTS[kind]
    expression, said, spelled = argument, [rng.choice(NOUNS[kind]).format(argument)], []
    for place in chain:
        operation, digit = OPERATIONS[place], str(rng.randint(2, 9))
        expression = _applied(operation, expression).replace("{k}", digit)
        said.append(rng.choice(operation.said).replace("{k}", digit))
        spelled.append(operation.spelled.replace("{k}", digit))
    return Program(NAME, argument, kind, chain, expression, tuple(said), tuple(spelled))


def _applied(operation: Operation, expression: str) -> str:
    """The operation on the value so far, in brackets where it would bind to its end only."""
    open_ended = " " in expression and not expression.endswith((")", "]"))
    alone = operation.code.endswith("({})") or " in {}" in operation.code
    inner = f"({expression})" if open_ended and not alone else expression
    return operation.code.replace("{}", inner)


def value(rng: random.Random, kind: Kind) -> Any:
    """An argument to try a program on."""
    if kind == "list":
        return [rng.randint(-9, 20) for _ in range(rng.randint(4, 7))]
    if kind == "number":
        return rng.randint(-30, 60)
    words = rng.sample(("Tea", "milk", "IRON", "Soup", "rye", "Wood"), 2)
    return f" {' '.join(words)} "


def outcome(item: Program, argument: Any) -> Any:
    """What our own generated program answers."""
    space: dict[str, Any] = {}
    exec(item.code, space)  # noqa: S102 - code of this file's grammar
    return space[item.name](argument)


def assertion(rng: random.Random, item: Program, name: str) -> str:
    """What the function, called so, must answer in one case."""
    while True:
        argument = value(rng, item.kind)
        try:
            return f"assert {name}({argument!r}) == {outcome(item, argument)!r}"
        except (IndexError, ValueError):  # the first or largest of none: another case
            continue
