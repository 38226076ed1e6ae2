"""FedProx: Li et al., "Federated Optimization in Heterogeneous Networks", MLSys 2020,
arXiv:1812.06127.

Faithful: the client really adds mu/2 * ||w - w_t||^2 to its loss (in the released FlowerTune code
it does not, so that FedProx there is FedAvg). mu = 0 is FedAvg to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from . import fedavg
from .base import Method, Named, Parameters, Penalty

if TYPE_CHECKING:
    import torch


class FedProxParameters(Parameters):
    """How strongly a client is held to the model it received."""

    mu: float = Field(
        0.01, ge=0, le=1000, title="Proximal mu", description="Weight of the proximal term."
    )


def penalty(parameters: Parameters) -> Penalty | None:
    """mu/2 * sum over tensors of ||w - w_t||^2; nothing at all when mu is 0."""
    assert isinstance(parameters, FedProxParameters)
    mu = parameters.mu
    if mu == 0:
        return None

    def proximal(trained: Named, received: Named) -> torch.Tensor:
        import torch

        distances = [(trained[name] - received[name]).square().sum() for name in trained]
        return mu / 2 * torch.stack(distances).sum()

    return proximal


METHOD = Method(
    key="fedprox",
    title="FedProx",
    paper="Li et al. 2020, arXiv:1812.06127",
    summary="FedAvg whose clients are pulled back towards the model they received.",
    parameters=FedProxParameters,
    strategy=fedavg.strategy,
    penalty=penalty,
)
