"""What the published scripts for multiple choice and yes or no share: a wrapping and a length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def wrapped(prompt: str) -> str:
    """The chat marks that every model is shown, whatever it was trained on."""
    return f"<|im_start|>question\n{prompt}<|im_end|>\n<|im_start|>answer\n"


def answer_length(doc: Mapping[str, Any], count: Callable[[str], int]) -> int:
    """How many tokens may be written: as many as the gold answer has, without special ones.

    The published scripts take the first answer of a batch of 16 for all of them; here every item
    has its own, so that neither batch size nor order decides a verdict.
    """
    return count(doc["gold"])
