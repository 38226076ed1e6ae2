"""Which lanes share a pass, and the loss of each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

if TYPE_CHECKING:
    from peft import PeftModel

    from ..prompts import Example

Batch = Sequence["Example"]

IGNORED = -100
PASS_COST = 32
"""What one more pass costs, in tokens, measured on a CPU: more padding than that is not shared."""
PASS_TOKENS = {"cpu": 512, "cuda": 4096}
"""Most tokens of a shared pass. A CPU gains nothing beyond, and its caches overflow (measured); a
GPU pays for reading the weights up to some hundred tokens and for its launches beyond (reckoned).
"""


def width(batch: Batch) -> int:
    """Tokens of its longest example."""
    return max(len(example.ids) for example in batch)


def together(batches: Sequence[Batch], tokens: int) -> list[list[int]]:
    """The passes of a step, as indices of batches: the cheapest cut of the batches in width order.

    A pass costs `PASS_COST` and its padded tokens, and holds at most `tokens` of them unless it is
    a single batch: cost(i) = min over j < i of cost(j) + pass(j..i).
    """
    order = sorted(range(len(batches)), key=lambda i: width(batches[i]))
    cost, begin = [0], [0]
    for end in range(1, len(order) + 1):
        rows, widest = 0, width(batches[order[end - 1]])
        best, cut = -1, end - 1
        for start in range(end - 1, -1, -1):
            rows = max(rows, len(batches[order[start]]))
            padded = (end - start) * rows * widest
            if padded > tokens and start < end - 1:
                break
            if best < 0 or cost[start] + PASS_COST + padded < best:
                best, cut = cost[start] + PASS_COST + padded, start
        cost.append(best)
        begin.append(cut)
    passes, end = [], len(order)
    while end:
        passes.append(order[begin[end] : end])
        end = begin[end]
    return passes


class Padded(NamedTuple):
    """The batches of a pass, one lane after another, in tensors of [lanes x rows, ...]."""

    ids: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    """Of the last positions: as many as the longest answer has."""


def padded(batches: Sequence[Batch], pad: int) -> Padded:
    """Left-padded to one width; a lane with fewer examples is filled up with rows without answer.

    Those rows are attended, so that a pass without padding needs no mask.
    """
    rows, long = max(map(len, batches)), max(map(width, batches))
    keep = max(example.supervised for batch in batches for example in batch)
    shape = (len(batches), rows)
    ids = np.full((*shape, long), pad)
    mask = np.ones((*shape, long), dtype=np.int64)
    labels = np.full((*shape, keep), IGNORED)
    for lane, batch in enumerate(batches):
        for row, example in enumerate(batch):
            ids[lane, row, long - len(example.ids) :] = example.ids
            mask[lane, row, : long - len(example.ids)] = 0
            labels[lane, row, keep - example.supervised :] = example.ids[example.answer :]
    parts = [torch.from_numpy(array).flatten(0, 1) for array in (ids, mask, labels)]
    return Padded(parts[0], parts[1], parts[2])


def lane_losses(model: PeftModel, batch: Padded, lanes: int) -> torch.Tensor:
    """Mean negative log-likelihood of each lane's answer tokens, in nats: [lanes]."""
    device: Any = next(model.parameters()).device
    positions = (batch.mask.cumsum(1) - 1).clamp(min=0)
    logits = model(
        input_ids=batch.ids.to(device),
        attention_mask=None if bool(batch.mask.all()) else batch.mask.to(device),
        position_ids=positions.to(device),
        logits_to_keep=batch.labels.shape[1] + 1,
        use_cache=False,
    ).logits[:, :-1]
    return torch.stack(
        [
            torch.nn.functional.cross_entropy(
                own.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED
            )
            for own, labels in zip(
                logits.chunk(lanes), batch.labels.to(device).chunk(lanes), strict=True
            )
        ]
    )
