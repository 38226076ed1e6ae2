"""Muon: momentum whose step is made orthogonal (Keller Jordan and others, 2024).

https://kellerjordan.github.io/posts/muon. Ours and not torch.optim.Muon because that one works in
bfloat16, which processors without such instructions do thirteen times slower than float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

MOMENTUM = 0.95
DECAY = 0.05


class Muon(torch.optim.Optimizer):
    """For two-dimensional parameters only."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        super().__init__(parameters, {"lr": 0.0})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update of every parameter."""
        for group in self.param_groups:
            for parameter in group["params"]:
                self._update(parameter, group["lr"])

    def _update(self, parameter: torch.nn.Parameter, rate: float) -> None:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None, "every matrix takes part in every step"
        momentum = state.setdefault("momentum", torch.zeros_like(parameter))
        momentum.lerp_(gradient, 1 - MOMENTUM)
        update = orthogonalised(gradient.lerp(momentum, MOMENTUM))
        tall = max(1.0, parameter.size(0) / parameter.size(1)) ** 0.5
        parameter.mul_(1 - rate * DECAY).add_(update, alpha=-rate * tall)


def orthogonalised(matrix: torch.Tensor) -> torch.Tensor:
    """Near U V' for a matrix U S V', by five Newton-Schulz steps."""
    tall = matrix.size(0) > matrix.size(1)
    x: torch.Tensor = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if tall else x
