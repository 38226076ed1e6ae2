"""A predictor without a model: always the commonest gold answer. The floor of every table."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from .errors import EngineError
from .progress import OnItems, nobody

IMPOSSIBLE = -100.0
"""Log-likelihood of every other answer; finite, so that it stays a number everywhere."""


class Majority(LM):  # type: ignore[misc]
    """Answers through lm-eval as a model does, having looked at the test labels."""

    def __init__(self, on_items: OnItems = nobody) -> None:
        super().__init__()
        self.on_items = on_items

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """0 for the commonest answer, IMPOSSIBLE for the others."""
        answer = commonest(requests)
        chosen = [request.args[1].strip() == answer for request in requests]
        self.on_items(len({request.doc["item_id"] for request in requests}))
        return [(0.0 if yes else IMPOSSIBLE, yes) for yes in chosen]

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """The commonest answer, after the prompt where that is wanted; no program at all."""
        answer = commonest(requests)
        self.on_items(len({request.doc["item_id"] for request in requests}))
        return [_echoed(request) + answer for request in requests]

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Not asked by any task here."""
        raise EngineError("The majority predictor has no perplexity.")


def _echoed(request: Instance) -> str:
    context, kwargs = request.args
    return str(context) if kwargs.get("echo") else ""


def commonest(requests: list[Instance]) -> str:
    """The commonest gold among the requests' items; of equals the first in the task's order.

    Programs have no classes: the answer is an empty text.
    """
    docs: dict[str, Any] = {request.doc["item_id"]: request.doc for request in requests}
    counts = Counter(doc["gold"] for doc in docs.values())
    options: list[str] = requests[0].doc["options"]
    return max(options, key=lambda option: counts[option], default="")
