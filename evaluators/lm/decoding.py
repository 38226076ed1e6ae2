"""Many token sequences at once through a causal language model, with a key-value cache."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..errors import Unscored
from .cache import continued, is_plain, roomy_cache
from .narrow import last_position_only

Ids = Sequence[int]

SHARE = 16
"""A common beginning is reused where it is at least one part in so many of the longest prompt."""


class Prefix(NamedTuple):
    """Tokens that prompts have in common, and the cache after them, of one row."""

    tokens: Ids
    cache: Any

    def starts(self, prompts: Sequence[Ids]) -> bool:
        """Whether all of these go on after it, and it is worth its copying."""
        size = len(self.tokens)
        return size * SHARE >= max(map(len, prompts)) and all(
            len(prompt) > size and tuple(prompt[:size]) == tuple(self.tokens) for prompt in prompts
        )


@torch.inference_mode()
def shared_prefix(model: Any, prompts: Sequence[Ids], device: str) -> Prefix | None:
    """What nearly all prompts begin with, read once; None where there is nothing to gain."""
    ordered = sorted(map(tuple, prompts))
    if len(ordered) < 2 or not is_plain(roomy_cache(model.config)):
        return None
    # What two of a sorted list begin with, all between them do; outliers stand at its ends.
    odd = len(ordered) // 20
    pairs = zip(ordered[odd], ordered[-1 - odd], strict=False)
    tokens = [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    tokens = tokens[: min(map(len, ordered[odd : len(ordered) - odd])) - 1]
    if not tokens:
        return None
    return Prefix(tokens, Batch(model, [tokens], device).cache)


class Batch:
    """Left-padded rows, their cache, and the logits of each row's next token.

    A `prefix` that all prompts have is not read again; padding then stands behind it.
    """

    def __init__(
        self, model: Any, prompts: Sequence[Ids], device: str, prefix: Prefix | None = None
    ) -> None:
        self.model, self.device = model, device
        known = len(prefix.tokens) if prefix and prefix.starts(prompts) else 0
        self.cache = (
            continued(prefix.cache, model.config) if prefix and known else roomy_cache(model.config)
        )
        rest = [list(prompt[known:]) for prompt in prompts]
        width = max(map(len, rest))
        ids = self._tensor([[0] * (width - len(r)) + r for r in rest])
        self.mask = self._tensor(
            [[1] * known + [0] * (width - len(r)) + [1] * len(r) for r in rest]
        )
        self.padded = any(len(r) < width for r in rest)
        self.logits = self._forward(ids, last=True)[:, -1]

    def feed(self, tokens: Sequence[Ids]) -> Tensor:
        """Append right-padded tokens to each row; their logits, (rows, longest, vocabulary)."""
        width = max(map(len, tokens))
        ids = self._tensor([list(t) + [0] * (width - len(t)) for t in tokens])
        real = self._tensor([[1] * len(t) + [0] * (width - len(t)) for t in tokens])
        self.mask = torch.cat([self.mask, real], dim=1)
        self.padded = self.padded or any(len(t) < width for t in tokens)
        return self._forward(ids, last=False)

    def step(self, tokens: Ids) -> None:
        """Append one token to each row."""
        self.logits = self.feed([[token] for token in tokens])[:, -1]

    def keep(self, rows: Ids) -> None:
        """Go on with these rows only; a row may be named more than once."""
        index = self._tensor(rows)
        self.cache.batch_select_indices(index)
        self.mask, self.logits = self.mask[index], self.logits[index]

    def _forward(self, ids: Tensor, last: bool) -> Tensor:
        positions = (self.mask.cumsum(dim=1)[:, -ids.shape[1] :] - 1).clamp(min=0)
        with last_position_only(last):
            output = self.model(
                input_ids=ids,
                attention_mask=self.mask if self.padded else None,
                position_ids=positions,
                past_key_values=self.cache,
                use_cache=True,
                **({"logits_to_keep": 1} if last and _can_skip_logits(self.model) else {}),
            )
        logits: Tensor = output.logits.float()
        if bool(logits[:, -1].sum(dim=-1)[self.mask[:, -1].bool()].isnan().any()):
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
    model: Any,
    prefixes: Sequence[Ids],
    options: Sequence[tuple[int, Ids]],
    device: str,
    shared: Prefix | None = None,
) -> list[tuple[float, bool]]:
    """Log-probability of each option after its prefix, and whether greedy decoding writes it.

    options: (place of the prefix, tokens of the option). A prefix is read once, however many
    options follow it; natural logarithm, summed over the option's tokens.
    """
    batch = Batch(model, prefixes, device, shared)
    firsts = [[tokens[0]] for _, tokens in options]
    logs, greedy = _judge(batch.logits[[place for place, _ in options]][:, None], firsts)
    longer = [k for k, (_, tokens) in enumerate(options) if len(tokens) > 1]
    if longer:
        batch.keep([options[k][0] for k in longer])
        rest = batch.feed([options[k][1][:-1] for k in longer])
        more, all_greedy = _judge(rest, [options[k][1][1:] for k in longer])
        for row, k in enumerate(longer):
            logs[k] += more[row]
            greedy[k] = greedy[k] and all_greedy[row]
    return list(zip(logs, greedy, strict=True))


def _judge(logits: Tensor, tokens: Sequence[Ids]) -> tuple[list[float], list[bool]]:
    """Each row's log-probability of its tokens, and whether they are the likeliest.

    logits: (rows, longest, vocabulary); what stands after a row's own tokens is not looked at.
    """
    width = logits.shape[1]
    padded = [[*row, *[0] * (width - len(row))] for row in tokens]
    chosen = torch.tensor(padded, device=logits.device)
    outside = torch.tensor(
        [[place >= len(row) for place in range(width)] for row in tokens], device=logits.device
    )
    logs = logits.log_softmax(dim=-1).gather(2, chosen[..., None])[..., 0]
    greedy = (logits.argmax(dim=-1) == chosen) | outside
    return logs.masked_fill(outside, 0.0).sum(dim=1).tolist(), greedy.all(dim=1).tolist()
