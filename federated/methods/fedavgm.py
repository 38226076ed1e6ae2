"""FedAvgM: Hsu et al., "Measuring the Effects of Non-Identical Data Distribution for Federated
Visual Classification", 2019, arXiv:1909.06335.

Faithful: server momentum, Flower's own FedAvgM. The default momentum is not zero here: with 0 and
a server rate of 1 (Flower's defaults, which the released FlowerTune code uses) it is FedAvg to
the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from .base import Cohort, Method, Parameters
from .fedavg import sampling

if TYPE_CHECKING:
    from flwr.serverapp.strategy import Strategy


class FedAvgMParameters(Parameters):
    """The server's optimiser."""

    momentum: float = Field(0.9, ge=0, lt=1, title="Server momentum")
    server_learning_rate: float = Field(
        1.0, gt=0, le=10, title="Server learning rate", description="Step along the mean update."
    )


def strategy(parameters: Parameters, cohort: Cohort) -> Strategy:
    """Flower's FedAvgM over this cohort."""
    from flwr.serverapp.strategy import FedAvgM

    assert isinstance(parameters, FedAvgMParameters)
    return FedAvgM(
        server_momentum=parameters.momentum,
        server_learning_rate=parameters.server_learning_rate,
        **sampling(cohort),
    )


METHOD = Method(
    key="fedavgm",
    title="FedAvgM",
    paper="Hsu et al. 2019, arXiv:1909.06335",
    summary="FedAvg with momentum on the server.",
    parameters=FedAvgMParameters,
    strategy=strategy,
)
