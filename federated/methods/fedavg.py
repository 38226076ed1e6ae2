"""FedAvg: McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized
Data", AISTATS 2017, arXiv:1602.05629; on LoRA adapters as in the FlowerTune LLM Leaderboard.

Faithful: example-weighted mean of the adapter tensors, Flower's own strategy.
Ours: clients are drawn from (seed, round), so that a resumed run draws the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Cohort, Method, Parameters

if TYPE_CHECKING:
    from flwr.serverapp.strategy import Strategy


def sampling(cohort: Cohort) -> dict[str, Any]:
    """Flower's sampling arguments for a cohort: exactly `per_round` members, no evaluation."""
    members = cohort.clients if cohort.members is None else len(cohort.members)
    return {
        "fraction_train": cohort.per_round / members,
        "min_train_nodes": cohort.per_round,
        "min_available_nodes": cohort.per_round,
        "fraction_evaluate": 0.0,
    }


def strategy(parameters: Parameters, cohort: Cohort) -> Strategy:
    """Flower's FedAvg over this cohort."""
    from flwr.serverapp.strategy import FedAvg

    return FedAvg(**sampling(cohort))


METHOD = Method(
    key="fedavg",
    title="FedAvg",
    paper="McMahan et al. 2017, arXiv:1602.05629",
    summary="Clients train the adapter on their own data; the server takes the mean, weighted "
    "by examples.",
    strategy=strategy,
)
