"""What a method is: one entry of the method table. Light; the work is imported when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import torch
    from flwr.serverapp.strategy import Strategy

Named = Mapping[str, "torch.Tensor"]
Penalty = Callable[[Named, Named], "torch.Tensor"]
"""(trained weights, received weights) -> a scalar added to a client's loss."""


class Parameters(BaseModel):
    """A method's own parameters. The empty one serves methods without any."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cohort(NamedTuple):
    """Who holds the data and how much of it is seen in a round.

    `clients` share the data; `members` of them (all when None) may be drawn, `per_round` at a
    time, each doing `steps` optimiser steps.
    """

    clients: int
    per_round: int
    steps: int
    members: tuple[int, ...] | None = None


def federation(usual: Cohort, parameters: Parameters) -> Cohort:
    """The domain's clients, a fraction of them a round: FlowerTune's federation."""
    return usual


class Method(NamedTuple):
    """One line of the method table, with everything a page or an engine asks of it."""

    key: str
    title: str
    paper: str
    summary: str
    parameters: type[Parameters] = Parameters
    control: bool = False
    predictor: Literal["adapter", "base", "majority"] = "adapter"
    cohort: Callable[[Cohort, Parameters], Cohort] = federation
    """From the federation that the recipe describes to the one this method asks for."""
    strategy: Callable[[Parameters, Cohort], Strategy] | None = None
    penalty: Callable[[Parameters], Penalty | None] | None = None

    @property
    def trains(self) -> bool:
        """Whether any client works at all."""
        return self.predictor == "adapter"
