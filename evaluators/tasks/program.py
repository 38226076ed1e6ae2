"""Programs to be completed. Whether they are right is decided in `evaluators/sandbox`, not here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]


def prompt(doc: Document) -> str:
    """The beginning of the program."""
    return str(doc["prompt"])


def collected(doc: Document, results: Sequence[str]) -> dict[str, float]:
    """lm-eval's metric of one item: whether anything was written. Nothing is run here."""
    return {"written": float(bool(results[0].strip()))}
