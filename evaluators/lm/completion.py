"""What a model writes after each of a batch of prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .decoding import Batch, Ids, Prefix

Choose = Callable[[Tensor, Sequence[Ids], Sequence[int]], list[int]]
"""From the next token's logits (rows, vocabulary), each row's tokens so far and which sample of its
prompt the row is, to one id a row."""

LOOK_EVERY = 16


class Start(NamedTuple):
    """A text to write. `limit` counts all its tokens, the prompt's included."""

    prompt: tuple[int, ...]
    limit: int
    sample: int = 0
    """Several texts of one prompt are told apart by their number."""


class Rule(NamedTuple):
    """When a text ends before its limit."""

    ends: frozenset[int] = frozenset()
    """Tokens any of which ends it."""
    settled: Callable[[Ids], bool] | None = None
    """settled(row): whether nothing that could follow matters; asked now and then."""
    stopped: Callable[[Ids, int], bool] | None = None
    """stopped(row, length of its prompt): the same, asked at every token."""


@torch.inference_mode()
def complete(
    model: Any,
    starts: Sequence[Start],
    rule: Rule,
    choose: Choose,
    device: str,
    finished: Callable[[int], None] = lambda row: None,
    shared: Prefix | None = None,
) -> list[list[int]]:
    """Each prompt with what the model writes after it, prompt included, in the order of `starts`.

    A sequence leaves the batch as soon as it ends, so the rest runs faster; `finished` is told its
    place. Every row sees its own tokens only, so who shares a batch does not matter.
    """
    writer = _Writer(starts, rule, choose, finished)
    if writer.active:
        writer.read(model, device, shared)
    while writer.active:
        writer.write()
    return writer.rows


class _Writer:
    """The sequences, and which of them the batch still holds (`active`, in its order)."""

    def __init__(
        self,
        starts: Sequence[Start],
        rule: Rule,
        choose: Choose,
        finished: Callable[[int], None],
    ) -> None:
        self.starts, self.rule, self.choose, self.finished = starts, rule, choose, finished
        self.rows = [list(start.prompt) for start in starts]
        self.active = [i for i, start in enumerate(starts) if len(start.prompt) < start.limit]
        for i in sorted(set(range(len(starts))) - set(self.active)):
            finished(i)

    def read(self, model: Any, device: str, shared: Prefix | None) -> None:
        """The prompts, each once however many texts begin with it."""
        prompts = [self.starts[i].prompt for i in self.active]
        places = {prompt: place for place, prompt in enumerate(dict.fromkeys(prompts))}
        self.batch = Batch(model, list(places), device, shared)
        if len(places) < len(prompts):
            self.batch.keep([places[prompt] for prompt in prompts])

    def write(self) -> None:
        """One token more for each active sequence; those that end leave."""
        texts = [self.rows[i] for i in self.active]
        samples = [self.starts[i].sample for i in self.active]
        for row, token in zip(texts, self.choose(self.batch.logits, texts, samples), strict=True):
            row.append(token)
        going = [place for place, i in enumerate(self.active) if not self._ended(i)]
        if len(going) < len(self.active):
            self._drop(going)
        if self.active:
            self.batch.step([self.rows[i][-1] for i in self.active])

    def _ended(self, i: int) -> bool:
        row, rule, start = self.rows[i], self.rule, self.starts[i]
        if row[-1] in rule.ends or len(row) >= start.limit:
            return True
        return self._stopped(row, len(start.prompt))

    def _stopped(self, row: Ids, start: int) -> bool:
        stopped, settled, written = self.rule.stopped, self.rule.settled, len(row) - start
        if stopped is not None and stopped(row, start):
            return True
        look = written < LOOK_EVERY or written % LOOK_EVERY == 0
        return look and settled is not None and settled(row)

    def _drop(self, going: Sequence[int]) -> None:
        """Go on with these places of the batch."""
        stay = [self.active[place] for place in going]
        for i in sorted(set(self.active) - set(stay)):
            self.finished(i)
        self.active = stay
        if stay:
            self.batch.keep(going)
