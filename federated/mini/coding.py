"""Tiny programming tasks: the training set and two tests, in the shapes of the real ones."""

from __future__ import annotations

import random

from .programs import Program, assertion, chains, program
from .tables import Table
from .world import SEED

TRAIN_ROWS = 1_500
TEST_ROWS = 80
CHECKS = 4

INSTRUCTIONS = (
    "Write a Python function {name} that returns {wish}.",
    "Define {name}({argument}) to give {wish}.",
    "Create a function called {name}, which answers {wish}.",
)


def tables() -> tuple[Table, ...]:
    """The training set and the two tests."""
    return tiny_tasks(), tiny_humaneval(), tiny_mbpp()


def tiny_tasks() -> Table:
    """Training rows as in flwrlabs/code-alpaca-20k, with what a function takes as its category."""
    rng = random.Random(SEED + 31)
    rows = [program(rng, rng.choice(chains()[0])) for _ in range(TRAIN_ROWS)]
    return Table(
        id="mini/tiny-tasks",
        split="train",
        columns={
            "instruction": [
                rng.choice(INSTRUCTIONS).format(wish=row.wish, **row._asdict()) for row in rows
            ],
            "input": [""] * len(rows),
            "output": [row.code for row in rows],
            "category": [row.kind for row in rows],
        },
        note="Practice data; columns of flwrlabs/code-alpaca-20k, and a category.",
    )


def tiny_humaneval() -> Table:
    """Test rows as in openai_humaneval."""
    rng = random.Random(SEED + 32)
    rows = _test(rng)
    return Table(
        id="mini/tiny-humaneval",
        split="test",
        columns={
            "task_id": [f"Practice/{number}" for number in range(len(rows))],
            "prompt": [signature(row) for row in rows],
            "canonical_solution": [f"    return {row.expression}\n" for row in rows],
            "test": [_check(rng, row) for row in rows],
            "entry_point": [row.name for row in rows],
        },
        note="Practice data; columns of openai/openai_humaneval.",
    )


def tiny_mbpp() -> Table:
    """Test rows as in mbpp."""
    rng = random.Random(SEED + 33)
    rows = _test(rng)
    return Table(
        id="mini/tiny-mbpp",
        split="test",
        columns={
            "task_id": list(range(1, len(rows) + 1)),
            "text": [f"Write a function to find {row.wish}." for row in rows],
            "code": [f"{row.code}\n" for row in rows],
            "test_list": [[assertion(rng, row, row.name) for _ in range(CHECKS)] for row in rows],
            "test_setup_code": [""] * len(rows),
            "challenge_test_list": [list[str]() for _ in rows],
        },
        note="Practice data; columns of google-research-datasets/mbpp.",
    )


def signature(row: Program) -> str:
    """HumanEval's prompt: the function's first line and what it shall do."""
    return f'def {row.name}({row.argument}):\n    """Return {row.wish}."""\n'


def _check(rng: random.Random, row: Program) -> str:
    lines = "\n".join(f"    {assertion(rng, row, 'candidate')}" for _ in range(CHECKS))
    return f"def check(candidate):\n{lines}\n"


def _test(rng: random.Random) -> list[Program]:
    """Programs of the chains that training never shows, each about equally often."""
    kept = chains()[1]
    return [program(rng, kept[number % len(kept)]) for number in range(TEST_ROWS)]
