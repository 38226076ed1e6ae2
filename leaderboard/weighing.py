"""An item's log-likelihoods as readers compare them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .item_records import Weight
from .questions import option_texts

SENTIMENTS = ("negative", "neutral", "positive")
"""The only options there were while files did not name theirs; decided per character."""


def by_character(row: dict[str, Any]) -> bool:
    """Whether the log-likelihood per character decides, as it does among sentiments."""
    return bool(row["loglikelihoods"]) and _options(row) == SENTIMENTS


def weights(row: dict[str, Any]) -> tuple[Weight, ...]:
    """One line an option, in the task's order; none where there are no log-likelihoods."""
    values, options = row["loglikelihoods"] or [], _options(row)
    texts = option_texts(row["prompt"])
    return tuple(
        Weight(
            option=option,
            text=texts.get(option, ""),
            loglikelihood=value if _finite(value) else None,
            per_character=value / len(option) if option and _finite(value) else None,
            probability=probability,
            chosen=option == row["answer"],
            gold=option == row["gold"],
        )
        for option, value, probability in zip(options, values, probabilities(values), strict=True)
    )


def probabilities(loglikelihoods: Sequence[float | None]) -> list[float | None]:
    """Shares in percent that add up to 100 over the known ones: exp(l) / sum exp(l)."""
    highest = max((value for value in loglikelihoods if _finite(value)), default=0.0)
    known = [math.exp(v - highest) if _finite(v) else None for v in loglikelihoods]
    total = sum(value for value in known if value is not None)
    return [None if value is None else 100 * value / total for value in known]


def _options(row: dict[str, Any]) -> tuple[str, ...]:
    """The options by name, or by number where neither the file nor its age tells them."""
    found, number = row["options"], len(row["loglikelihoods"] or ())
    if found and len(found) == number:
        return tuple(found)
    if not found and number == len(SENTIMENTS):
        return SENTIMENTS
    return tuple(f"option {place}" for place in range(1, number + 1))


def _finite(value: float | None) -> Any:
    return value is not None and math.isfinite(value)
