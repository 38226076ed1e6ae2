"""How the next token is chosen: as the model's own generation config says, else greedily.

A sampled token is drawn with a number derived from (seed, the tokens so far), so an item's text
depends on neither the batch nor the order. The published evaluator draws all from one stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from .completion import Choose
from .decoding import Ids
from .errors import Unscored

TOP_K = 50
"""What `generate` takes for top_k when a sampling config does not name one."""

NEUTRAL: dict[str, tuple[object, ...]] = {
    "num_beams": (1,),
    "typical_p": (1.0,),
    "penalty_alpha": (0.0,),
    "epsilon_cutoff": (0.0,),
    "eta_cutoff": (0.0,),
    "min_length": (0,),
    "min_new_tokens": (0,),
    "suppress_tokens": (),
    "begin_suppress_tokens": (),
    "bad_words_ids": (),
    "sequence_bias": (),
    "forced_bos_token_id": (),
    "forced_eos_token_id": (),
    "guidance_scale": (1.0,),
}
"""Settings this engine does not follow, with the values that change nothing (None never does)."""


def chooser(config: Any, seed: int) -> Choose:
    """The rule in a `GenerationConfig`; `Unscored` if it asks for what is not followed here."""
    for name, harmless in NEUTRAL.items():
        value = getattr(config, name, None)
        if value is not None and value not in harmless:
            raise Unscored(
                f"The model's generation config sets {name}={value!r}, which is not supported."
            )
    samples = bool(getattr(config, "do_sample", None))
    processors = _processors(config, samples)
    if not samples and not processors:
        return greedy
    return _Configured(processors, seed if samples else None)


def greedy(logits: Tensor, rows: Sequence[Ids]) -> list[int]:
    """The likeliest token of each row, of equals the first."""
    # On a CPU numpy finds it many times faster than torch.
    if logits.device.type == "cpu":
        return [int(token) for token in logits.numpy().argmax(axis=-1)]
    return [int(token) for token in logits.argmax(dim=-1).tolist()]


def _processors(config: Any, samples: bool) -> LogitsProcessorList:
    """transformers' own steps in the order of its `generate`."""
    found = LogitsProcessorList()
    penalty = getattr(config, "repetition_penalty", None)
    if penalty not in (None, 1.0):
        found.append(RepetitionPenaltyLogitsProcessor(penalty))
    if size := getattr(config, "no_repeat_ngram_size", None):
        found.append(NoRepeatNGramLogitsProcessor(size))
    if samples:
        found.extend(_warpers(config))
    return found


def _warpers(config: Any) -> list[Any]:
    """Temperature, top-k, top-p and min-p."""
    found: list[Any] = []
    if config.temperature not in (None, 1.0):
        found.append(TemperatureLogitsWarper(float(config.temperature)))
    if top_k := (TOP_K if config.top_k is None else config.top_k):
        found.append(TopKLogitsWarper(top_k))
    if config.top_p not in (None, 1.0):
        found.append(TopPLogitsWarper(config.top_p))
    if config.min_p is not None:
        found.append(MinPLogitsWarper(config.min_p))
    return found


class _Configured:
    """Processors row by row, then the likeliest token, or a draw when there is a seed."""

    def __init__(self, processors: LogitsProcessorList, seed: int | None) -> None:
        self.processors, self.seed = processors, seed

    def __call__(self, logits: Tensor, rows: Sequence[Ids]) -> list[int]:
        return [self._one(logits[i], row) for i, row in enumerate(rows)]

    def _one(self, logits: Tensor, row: Ids) -> int:
        ids = torch.tensor([row], device=logits.device)
        scores: Tensor = self.processors(ids, logits[None])[0]
        if self.seed is None:
            return int(scores.argmax())
        return _draw(scores.softmax(dim=-1).double().cpu(), _uniform(self.seed, row))


def _draw(shares: Tensor, uniform: float) -> int:
    """The token at `uniform` of the cumulative distribution."""
    totals = shares.cumsum(dim=0)
    place = torch.searchsorted(totals, totals[-1] * uniform)
    return min(int(place), len(shares) - 1)


def _uniform(seed: int, row: Ids) -> float:
    """A number in [0, 1) from the seed and the tokens so far: no state, so no order."""
    digest = hashlib.sha256(f"{seed}:{','.join(map(str, row))}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
