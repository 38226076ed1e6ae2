"""What a model writes after each of a batch of prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .decoding import Batch, Ids

Choose = Callable[[Tensor, Sequence[Ids]], list[int]]
"""From the next token's logits (rows, vocabulary) and each row's tokens so far to one id a row."""

LOOK_EVERY = 16


class Rule(NamedTuple):
    """When a completion ends. `limit` counts all tokens of a sequence, its prompt's included."""

    limit: int
    end: int | None
    settled: Callable[[Ids], bool]
    """Whether nothing that could still follow these tokens matters; asked now and then."""


@torch.inference_mode()
def complete(
    model: Any,
    prompts: Sequence[Ids],
    rule: Rule,
    choose: Choose,
    device: str,
    finished: Callable[[int], None] = lambda row: None,
) -> list[list[int]]:
    """Each prompt with what the model writes after it, prompt included, in the prompts' order.

    A sequence leaves the batch as soon as it ends, so the rest runs faster; `finished` is told its
    place. Every row sees its own tokens only, so who shares a batch does not matter.
    """
    writer = _Writer(model, prompts, rule, choose, device, finished)
    while writer.active:
        writer.write()
    return writer.rows


class _Writer:
    """The sequences, and which of them the batch still holds (`active`, in its order)."""

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Ids],
        rule: Rule,
        choose: Choose,
        device: str,
        finished: Callable[[int], None],
    ) -> None:
        self.rule, self.choose, self.finished = rule, choose, finished
        self.rows = [list(prompt) for prompt in prompts]
        self.starts = [len(prompt) for prompt in prompts]
        self.active = [i for i, row in enumerate(self.rows) if len(row) < rule.limit]
        for i in sorted(set(range(len(self.rows))) - set(self.active)):
            finished(i)
        if self.active:
            self.batch = Batch(model, [self.rows[i] for i in self.active], device)

    def write(self) -> None:
        """One token more for each active sequence; those that end leave."""
        texts = [self.rows[i] for i in self.active]
        for row, token in zip(texts, self.choose(self.batch.logits, texts), strict=True):
            row.append(token)
        going = [place for place, i in enumerate(self.active) if not self._ended(i)]
        if len(going) < len(self.active):
            self._drop(going)
        if self.active:
            self.batch.step([self.rows[i][-1] for i in self.active])

    def _ended(self, i: int) -> bool:
        row, rule = self.rows[i], self.rule
        if row[-1] == rule.end or len(row) >= rule.limit:
            return True
        written = len(row) - self.starts[i]
        look = written < LOOK_EVERY or written % LOOK_EVERY == 0
        return look and rule.settled(row)

    def _drop(self, going: Sequence[int]) -> None:
        """Go on with these places of the batch."""
        stay = [self.active[place] for place in going]
        for i in sorted(set(self.active) - set(stay)):
            self.finished(i)
        self.active = stay
        if stay:
            self.batch.keep(going)
