"""Sentiment of a financial text, asked in FlowerTune's words (specification 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluators.protocols import sentiment

Document = Mapping[str, Any]


def official_prompt(doc: Document) -> str:
    """Byte for byte the published prompt, with the space at its end."""
    return f"{clean_prompt(doc)} "


def clean_prompt(doc: Document) -> str:
    """The same question up to the colon.

    The space belongs to the answers (" positive"): a BPE vocabulary has words with their leading
    space, and a prompt that ends in a space of its own makes the model continue from a token
    sequence it has hardly seen.
    """
    return (
        f"Instruction: What is the sentiment of this {doc['kind']}? "
        "Please choose an answer from {negative/neutral/positive}.\n"
        f"Input: {doc['text']}\n"
        "Answer:"
    )


def settled(text: str) -> bool:
    """Whether generation may stop: see `protocols.sentiment.settled`."""
    return sentiment.settled(text, ("negative", "neutral", "positive"))


def official_result(doc: Document, results: Sequence[str]) -> dict[str, float]:
    """lm-eval's own metrics of one item, from the whole text."""
    verdict = sentiment.official(results[0], doc["gold"], doc["options"])
    return {"acc": float(verdict.correct), "compliance": float(verdict.compliant)}
