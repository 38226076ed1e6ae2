"""Many token sequences at once through a causal language model, with a key-value cache."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .cache import roomy_cache
from .errors import Unscored

Ids = Sequence[int]


class Batch:
    """Left-padded rows, their cache, and the logits of each row's next token."""

    def __init__(self, model: Any, prompts: Sequence[Ids], device: str) -> None:
        self.model, self.device = model, device
        self.cache = roomy_cache(model.config)
        width = max(map(len, prompts))
        ids = self._tensor([[0] * (width - len(p)) + list(p) for p in prompts])
        self.mask = self._tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
        self.logits = self._forward(ids, self.mask, last=True)[:, -1]

    def feed(self, tokens: Sequence[Ids]) -> Tensor:
        """Append right-padded tokens to each row; their logits, (rows, longest, vocabulary)."""
        width = max(map(len, tokens))
        ids = self._tensor([list(t) + [0] * (width - len(t)) for t in tokens])
        real = self._tensor([[1] * len(t) + [0] * (width - len(t)) for t in tokens])
        self.mask = torch.cat([self.mask, real], dim=1)
        return self._forward(ids, real, last=False)

    def step(self, tokens: Ids) -> None:
        """Append one token to each row."""
        self.logits = self.feed([[token] for token in tokens])[:, -1]

    def keep(self, rows: Ids) -> None:
        """Go on with these rows only; a row may be named more than once."""
        index = self._tensor(rows)
        self.cache.batch_select_indices(index)
        self.mask, self.logits = self.mask[index], self.logits[index]

    def _forward(self, ids: Tensor, real: Tensor, last: bool) -> Tensor:
        positions = (self.mask.cumsum(dim=1)[:, -ids.shape[1] :] - 1).clamp(min=0)
        output = self.model(
            input_ids=ids,
            attention_mask=self.mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            **({"logits_to_keep": 1} if last and _can_skip_logits(self.model) else {}),
        )
        logits: Tensor = output.logits.float()
        if bool(logits[:, -1].sum(dim=-1)[real[:, -1].bool()].isnan().any()):
            raise Unscored("The model's logits are not numbers (NaN).")
        return logits

    def _tensor(self, values: Sequence[Any]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=self.device)


def _can_skip_logits(model: Any) -> bool:
    """Whether the model can leave out the logits of all positions but the last."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "logits_to_keep" in inspect.signature(inner.forward).parameters


@torch.inference_mode()
def score(
    model: Any, prefixes: Sequence[Ids], options: Sequence[tuple[int, Ids]], device: str
) -> list[tuple[float, bool]]:
    """Log-probability of each option after its prefix, and whether greedy decoding writes it.

    options: (place of the prefix, tokens of the option). A prefix is read once, however many
    options follow it; natural logarithm, summed over the option's tokens.
    """
    batch = Batch(model, prefixes, device)
    first = batch.logits
    longer = [k for k, (_, tokens) in enumerate(options) if len(tokens) > 1]
    steps = [[first[place]] for place, _ in options]
    if longer:
        batch.keep([options[k][0] for k in longer])
        rest = batch.feed([options[k][1][:-1] for k in longer])
        for row, k in enumerate(longer):
            steps[k] += list(rest[row, : len(options[k][1]) - 1])
    return [_sum(torch.stack(s), o[1]) for s, o in zip(steps, options, strict=True)]


def _sum(logits: Tensor, tokens: Ids) -> tuple[float, bool]:
    chosen = torch.tensor(tokens, device=logits.device)
    logs = logits.log_softmax(dim=-1).gather(1, chosen[:, None])
    return float(logs.sum()), bool((logits.argmax(dim=-1) == chosen).all())
