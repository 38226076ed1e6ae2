"""How a model's output becomes an answer, right or wrong. Pure functions on text and numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import letter, sentiment
from .base import Verdict
from .likelihood import clean

Reader = Callable[[str, str, Sequence[str]], Verdict]
"""(output, gold, options) -> verdict."""

OFFICIAL: dict[str, Reader] = {
    "sentiment": sentiment.official,
    "choice": letter.letter,
    "decision": letter.decision,
}
"""The published reading, by form. Programs are run, not read."""

PER_CHARACTER = frozenset(("sentiment",))
"""Forms whose answers are words of unlike length."""

__all__ = ["OFFICIAL", "PER_CHARACTER", "Reader", "Verdict", "clean"]
