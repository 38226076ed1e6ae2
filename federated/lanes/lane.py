"""One client at work in a lane: its weights, its optimiser, its batches."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from ..arrays import Arrays, all_finite
from ..client import LocalWork, Update, schedule
from ..errors import BadData, Diverged, EngineError
from ..prompts import Example


class Layout:
    """Where each trained parameter lies in a lane's flat weights, in the order of the names."""

    def __init__(self, trained: Mapping[str, nn.Parameter]) -> None:
        self.trained = trained
        self._sizes = [parameter.numel() for parameter in trained.values()]

    def flat(self, arrays: Mapping[str, Any]) -> Tensor:
        """[size] from arrays with the adapter's names and shapes; `EngineError` for others."""
        shapes = {name: tuple(parameter.shape) for name, parameter in self.trained.items()}
        given = {name: np.shape(array) for name, array in arrays.items()}
        odd = sorted(name for name, _ in shapes.items() ^ given.items())
        if odd:
            raise EngineError(
                f"received arrays are not this adapter's: {odd[0]} has shape {given.get(odd[0])}, "
                f"{shapes.get(odd[0])} was wanted."
            )
        one = next(iter(self.trained.values()))
        parts = [torch.tensor(np.asarray(arrays[name])).flatten() for name in shapes]
        return torch.cat([part.to(one.device, one.dtype) for part in parts])

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """[..., size] -> name: [..., *shape], without a copy."""
        parts = torch.split(flat, self._sizes, -1)
        return {
            name: part.view(*flat.shape[:-1], *parameter.shape)
            for (name, parameter), part in zip(self.trained.items(), parts, strict=True)
        }


class Lane:
    """What `client.train_locally` holds for one client, between passes that others share."""

    def __init__(
        self,
        layout: Layout,
        received: Mapping[str, Any],
        examples: Sequence[Example],
        work: LocalWork,
    ) -> None:
        if not examples:
            raise BadData(f"client {work.client} holds no examples.")
        self.layout, self.work, self.examples = layout, work, examples
        self.weights = nn.Parameter(layout.flat(received))
        self.anchor = layout.views(self.weights.detach().clone())
        self.optimizer = torch.optim.AdamW([self.weights], lr=work.learning_rate, weight_decay=0.0)
        self.batches = deque([examples[i] for i in batch] for batch in schedule(examples, work))
        self.losses: list[float] = []
        self.seen = self.tokens = 0
        self.seconds = 0.0

    @property
    def done(self) -> bool:
        """No batch is left, or the loss is not finite and nothing can mend it."""
        return not self.batches or not math.isfinite(sum(self.losses))

    def advance(self, loss: float, gradient: Tensor) -> None:
        """One optimiser step from the gradient [size] of the next batch's loss."""
        batch = self.batches.popleft()
        self.losses.append(loss)
        if self.work.penalty:
            gradient = gradient + self._pull()
        self.weights.grad = gradient
        norm = get_total_norm(self.layout.views(gradient).values())
        clip_grads_with_norm_(self.weights, self.work.train.max_grad_norm, norm)
        self.optimizer.step()
        self.seen += len(batch)
        self.tokens += sum(len(example.ids) for example in batch)

    def _pull(self) -> Tensor:
        """Gradient of the penalty alone: it needs no model, so no lane waits for another's."""
        assert self.work.penalty is not None
        penalty = self.work.penalty(self.layout.views(self.weights), self.anchor)
        return torch.autograd.grad(penalty, self.weights)[0]

    def result(self) -> Update | Diverged:
        """The client's update, or why there is none."""
        views = self.layout.views(self.weights.detach().to("cpu", torch.float32))
        arrays: Arrays = {name: view.numpy().copy() for name, view in views.items()}
        if not (math.isfinite(sum(self.losses)) and all_finite(arrays)):
            return Diverged(
                f"client {self.work.client} left round {self.work.server_round} with a loss or "
                "weight that is not finite.",
                "Lower train.learning_rate_max.",
            )
        mean = sum(self.losses) / len(self.losses)
        return Update(arrays, mean, len(self.examples), self.seen, self.tokens, self.seconds)
