"""Lettered questions, asked in FlowerTune's words (specifications 3.2 and 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluators import protocols

from .wrapping import answer_length, wrapped

Document = Mapping[str, Any]

__all__ = ["answer_length", "clean_prompt", "official_prompt", "official_result"]


def official_prompt(doc: Document) -> str:
    """Byte for byte the published prompt, in the wrapping that every model gets."""
    return wrapped(f"{_question(doc, doc['shown'])}\n")


def clean_prompt(doc: Document) -> str:
    """The same question up to the colon, its options as they are; answers begin with a space."""
    return _question(doc, doc["choices"])


def _question(doc: Document, choices: Sequence[str]) -> str:
    asked = doc["question"]
    if not asked.endswith(("?", ".")):
        asked += "?"
    listed = "\n".join(f"{chr(65 + place)}. {text}" for place, text in enumerate(choices))
    return f"{doc['instruction']}\nQuestion: {asked}\n\nOptions:\n{listed}\nThe answer is:"


def official_result(doc: Document, results: Sequence[str]) -> dict[str, float]:
    """lm-eval's own metrics of one item."""
    verdict = protocols.OFFICIAL["choice"](results[0], doc["gold"], doc["options"])
    return {"acc": float(verdict.correct), "compliance": float(verdict.compliant)}
