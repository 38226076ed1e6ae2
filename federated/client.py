"""One client's local round, as a pure function."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from .arrays import Arrays, all_finite
from .errors import Diverged
from .model import adapter_parameters, read_adapter, write_adapter
from .seeds import derive

if TYPE_CHECKING:
    from peft import PeftModel

    from .methods.base import Penalty
    from .prompts import Example
    from .recipe import Train

ORIGINAL_ORDER_SEED = 42
"""The template builds a new trainer with this seed in every round (its data never rotate).

`data_order="fixed"` reproduces that every round starts at the same examples, not which ones they
are: the trainer's own generator draws another permutation from the same seed.
"""


class LocalWork(NamedTuple):
    """What a client does in a round."""

    train: Train
    steps: int
    learning_rate: float
    server_round: int
    client: int
    seed: int
    penalty: Penalty | None = None


class Update(NamedTuple):
    """What a client sends back, and what it cost."""

    arrays: Arrays
    loss: float
    examples: int
    """Examples the client holds: its weight in the mean."""
    seen: int
    """Examples it was trained on in this round."""
    tokens: int
    """Their tokens, prompts included."""
    seconds: float


def train_locally(
    model: PeftModel,
    received: Mapping[str, Any],
    examples: Sequence[Example],
    pad: int,
    work: LocalWork,
) -> Update:
    """Tune `received` on `examples` for `work.steps` optimiser steps and return the new arrays.

    AdamW without weight decay and a learning rate that is constant inside the round, as the
    template's trainer. The same arguments give the same bits on one machine with one thread count.
    `loss` is the mean over steps of the mean negative log-likelihood per answer token, in nats.
    """
    started = time.perf_counter()
    write_adapter(model, received)
    torch.manual_seed(derive(work.seed, "dropout", work.server_round, work.client))
    trained = adapter_parameters(model)
    anchor = {name: parameter.detach().clone() for name, parameter in trained.items()}
    optimizer = torch.optim.AdamW(trained.values(), lr=work.learning_rate, weight_decay=0.0)
    model.train()
    losses, seen, tokens = [], 0, 0
    for indices in schedule(examples, work):
        batch = [examples[i] for i in indices]
        loss = answer_loss(model, batch, pad)
        losses.append(loss.item())
        objective = loss + work.penalty(trained, anchor) if work.penalty else loss
        optimizer.zero_grad()
        torch.autograd.backward(objective)
        torch.nn.utils.clip_grad_norm_(trained.values(), work.train.max_grad_norm)
        optimizer.step()
        seen += len(batch)
        tokens += sum(len(example.ids) for example in batch)
    update = read_adapter(model)
    if not (math.isfinite(sum(losses)) and all_finite(update)):
        raise Diverged(
            f"client {work.client} left round {work.server_round} with a loss or weight that is "
            "not finite.",
            "Lower train.learning_rate_max.",
        )
    mean = sum(losses) / len(losses)
    return Update(update, mean, len(examples), seen, tokens, time.perf_counter() - started)


def schedule(examples: Sequence[Example], work: LocalWork) -> list[list[int]]:
    """The batches of this round: `steps` lists of example indices.

    The round's examples are a window of the client's endless reshuffled stream; inside the window
    they are batched by length, so that next to nothing is spent on padding, and the batches are
    then shuffled.
    """
    size = work.train.batch_size
    window = _window(len(examples), work.steps * size, work)
    by_length = sorted(window, key=lambda i: len(examples[i].ids))
    batches = [by_length[at : at + size] for at in range(0, len(by_length), size)]
    order = np.random.default_rng(derive(work.seed, "batches", work.server_round, work.client))
    return [batches[i] for i in order.permutation(len(batches))]


def _window(total: int, wanted: int, work: LocalWork) -> list[int]:
    """`wanted` indices below `total`, from where this round's turn in the stream begins."""
    fixed = work.train.data_order == "fixed"
    begin = 0 if fixed else (work.server_round - 1) * wanted
    first, last = begin // total, (begin + wanted - 1) // total
    epochs = [
        np.random.default_rng(
            derive(ORIGINAL_ORDER_SEED, epoch)
            if fixed
            else derive(work.seed, "order", work.client, epoch)
        ).permutation(total)
        for epoch in range(first, last + 1)
    ]
    start = begin - first * total
    return [int(i) for i in np.concatenate(epochs)[start : start + wanted]]


def answer_loss(model: PeftModel, batch: Sequence[Example], pad: int) -> torch.Tensor:
    """Mean negative log-likelihood of the answers' tokens, over the whole batch.

    Sequences are padded on the left, so that all answers end together and the head is applied to
    the last few positions only.
    """
    width = max(len(example.ids) for example in batch)
    keep = max(example.supervised for example in batch)
    ids = torch.full((len(batch), width), pad)
    mask = torch.zeros((len(batch), width), dtype=torch.long)
    labels = torch.full((len(batch), keep), -100)
    for row, example in enumerate(batch):
        ids[row, width - len(example.ids) :] = torch.tensor(example.ids)
        mask[row, width - len(example.ids) :] = 1
        labels[row, keep - example.supervised :] = torch.tensor(example.ids[example.answer :])
    device = next(model.parameters()).device
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    logits = model(
        input_ids=ids.to(device),
        attention_mask=mask.to(device) if not bool(mask.all()) else None,
        position_ids=positions.to(device),
        logits_to_keep=keep + 1,
        use_cache=False,
    ).logits[:, :-1]
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels.to(device).flatten(), ignore_index=-100
    )
