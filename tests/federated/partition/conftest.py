"""A training set of numbered rows, three answers in turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from datasets import Dataset

ANSWERS = ["negative", "neutral", "positive"]

MakeTable = Callable[..., Dataset]


def numbered(rows: int = 90, **columns: list[object]) -> Dataset:
    """Row i: the number i, an input of i % 7 words, the answer i % 3, and the columns given."""
    plain: dict[str, list[object]] = {
        "number": list(range(rows)),
        "instruction": ["What is it?"] * rows,
        "input": [" ".join(["up"] * (i % 7)) for i in range(rows)],
        "output": [ANSWERS[i % 3] for i in range(rows)],
    }
    return Dataset.from_dict(plain | columns)


@pytest.fixture(scope="session")
def make_table() -> MakeTable:
    """A function: rows, more columns -> a training set."""
    return numbered
