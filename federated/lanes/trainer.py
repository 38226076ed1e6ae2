"""The trainer: clients take lanes, lanes share passes, a lane that falls free takes the next."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from ..client import LocalWork, Update
from ..errors import EngineError
from ..model import adapter_parameters
from ..prompts import Example
from .batches import PASS_TOKENS, lane_losses, padded, together
from .forward import Stack, forwards, lent
from .lane import Lane, Layout

if TYPE_CHECKING:
    from peft import PeftModel


class MultiLoRATrainer:
    """Trains many clients on one resident model, `lanes` of them at a time.

    `tokens` is the most that a shared pass holds, padding included; 0 for what suits the device.
    Raises `LanesRefused` where the model's clients have to train one after another: dropout,
    adapters other than plain LoRA on linear layers, a quantised base.
    """

    def __init__(self, model: PeftModel, pad: int, lanes: int = 8, tokens: int = 0) -> None:
        if lanes < 1:
            raise ValueError(f"{lanes} lanes, at least one was wanted")
        forwards(model, Stack())
        self.model, self.pad, self.lanes = model, pad, lanes
        kind = next(model.parameters()).device.type
        self.tokens = tokens or PASS_TOKENS.get(kind, PASS_TOKENS["cuda"])

    def train(
        self,
        received: Sequence[Mapping[str, Any]],
        examples: Sequence[Sequence[Example]],
        works: Sequence[LocalWork],
    ) -> list[Update | EngineError]:
        """What `train_locally` gives for each client, in the clients' order.

        Equal to it up to the order in which floating-point sums are taken. A client that fails
        alone, by diverging or by arrays that do not fit, has its error in its place. `seconds` is
        a client's share of the passes it took part in. The model is left as it was.
        """
        layout = Layout(adapter_parameters(self.model))
        clients = list(zip(received, examples, works, strict=True))
        results: dict[int, Update | EngineError] = {}
        # The longest first, so that no client is left to run alone at the end.
        waiting = deque(sorted(range(len(clients)), key=lambda i: -works[i].steps))
        running: dict[int, Lane] = {}
        with lent(self.model) as stack:
            while waiting or running:
                while waiting and len(running) < self.lanes:
                    client = waiting.popleft()
                    try:
                        running[client] = Lane(layout, *clients[client])
                    except EngineError as error:
                        results[client] = error
                self._step(stack, list(running.values()))
                for client in [client for client, lane in running.items() if lane.done]:
                    results[client] = running.pop(client).result()
        return [results[client] for client in range(len(clients))]

    def _step(self, stack: Stack, lanes: Sequence[Lane]) -> None:
        """One optimiser step of every lane, in as few passes as their lengths allow."""
        for indices in together([lane.batches[0] for lane in lanes], self.tokens):
            started = time.perf_counter()
            sharing = [lanes[i] for i in indices]
            self._pass(stack, sharing)
            for lane in sharing:
                lane.seconds += (time.perf_counter() - started) / len(sharing)

    def _pass(self, stack: Stack, lanes: Sequence[Lane]) -> None:
        """Forward and backward over the lanes' next batches; the sum's gradients do not mix."""
        weights = torch.stack([lane.weights.detach() for lane in lanes]).requires_grad_()
        batch = padded([lane.batches[0] for lane in lanes], self.pad)
        views = lanes[0].layout.views(weights)
        stack.lanes, stack.rows = len(lanes), len(batch.ids)
        stack.weights = {lanes[0].layout.trained[name]: view for name, view in views.items()}
        losses = lane_losses(self.model, batch, len(lanes))
        (gradients,) = torch.autograd.grad(losses.sum(), weights)
        for lane, loss, gradient in zip(lanes, losses.tolist(), gradients, strict=True):
            lane.advance(loss, gradient)
