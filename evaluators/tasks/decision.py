"""Yes, no or maybe, from a context: PubMedQA in FlowerTune's words (specification 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluators import protocols

from .wrapping import answer_length, wrapped

Document = Mapping[str, Any]

__all__ = ["answer_length", "clean_prompt", "official_prompt", "official_result"]


def official_prompt(doc: Document) -> str:
    """Byte for byte the published prompt, in the wrapping that every model gets."""
    return wrapped(f"{clean_prompt(doc)}\n")


def clean_prompt(doc: Document) -> str:
    """The same up to the colon; answers begin with a space."""
    return f"{doc['instruction']}\n{doc['context']}\n{doc['question']}\nThe answer is:"


def official_result(doc: Document, results: Sequence[str]) -> dict[str, float]:
    """lm-eval's own metrics of one item."""
    verdict = protocols.OFFICIAL["decision"](results[0], doc["gold"], doc["options"])
    return {"acc": float(verdict.correct), "compliance": float(verdict.compliant)}
