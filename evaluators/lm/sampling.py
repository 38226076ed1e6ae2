"""How the next token is chosen: as the model's own generation config says, else greedily.

A sampled token is drawn with a number derived from (seed, sample, the tokens so far), so an item's
text depends on neither the batch nor the order. The published evaluators draw all from one stream.
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

from ..errors import Unscored
from .completion import Choose
from .decoding import Ids

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
    memory = _with_memory(config)
    if not samples and not memory:
        return greedy
    return _Configured(memory, _warpers(config) if samples else [], seed if samples else None)


def greedy(logits: Tensor, rows: Sequence[Ids], samples: Sequence[int]) -> list[int]:
    """The likeliest token of each row, of equals the first."""
    # On a CPU numpy finds it many times faster than torch.
    if logits.device.type == "cpu":
        return [int(token) for token in logits.numpy().argmax(axis=-1)]
    return [int(token) for token in logits.argmax(dim=-1).tolist()]


def _with_memory(config: Any) -> list[Any]:
    """transformers' own steps in the order of its `generate`: those that look at a row's tokens."""
    found: list[Any] = []
    penalty = getattr(config, "repetition_penalty", None)
    if penalty not in (None, 1.0):
        found.append(RepetitionPenaltyLogitsProcessor(penalty))
    if size := getattr(config, "no_repeat_ngram_size", None):
        found.append(NoRepeatNGramLogitsProcessor(size))
    return found


def _warpers(config: Any) -> list[Any]:
    """The steps after them: temperature, top-k, top-p and min-p."""
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
    """Processors, then the likeliest token, or a draw when there is a seed."""

    def __init__(self, memory: list[Any], warpers: list[Any], seed: int | None) -> None:
        self.memory, self.seed = LogitsProcessorList(memory), seed
        self.warpers = LogitsProcessorList(warpers)

    def __call__(self, logits: Tensor, rows: Sequence[Ids], samples: Sequence[int]) -> list[int]:
        if self.memory:
            each = zip(logits, rows, strict=True)
            logits = torch.cat([self.memory(_ids(row, logits), one[None]) for one, row in each])
        if self.seed is None:
            return greedy(logits, rows, samples)
        scores: Tensor = self.warpers(_ids((), logits), logits)
        pairs = zip(samples, rows, strict=True)
        uniform = [_uniform(self.seed, sample, row) for sample, row in pairs]
        return _draw(scores.softmax(dim=-1).double(), uniform)


def _ids(row: Ids, logits: Tensor) -> Tensor:
    return torch.tensor([row], dtype=torch.long, device=logits.device)


def _draw(shares: Tensor, uniform: Sequence[float]) -> list[int]:
    """In each row the token at its `uniform` of the cumulative distribution."""
    totals = shares.cumsum(dim=-1)
    wanted = (
        totals[:, -1:] * torch.tensor(uniform, dtype=totals.dtype, device=totals.device)[:, None]
    )
    places = torch.searchsorted(totals, wanted)[:, 0]
    return [int(place) for place in places.clamp(max=shares.shape[-1] - 1).tolist()]


def _uniform(seed: int, sample: int, row: Ids) -> float:
    """A number in [0, 1) from the seed, the sample and the tokens so far: no state, so no order."""
    stream = f"{seed}/{sample}" if sample else f"{seed}"
    digest = hashlib.sha256(f"{stream}:{','.join(map(str, row))}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
