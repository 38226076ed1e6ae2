"""Control: one client alone, with its own share of the data and nobody to average with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from . import fedavg
from .base import Cohort, Method, Parameters

if TYPE_CHECKING:
    from ..recipe import Recipe


class OneClientParameters(Parameters):
    """Which client."""

    client: int = Field(0, ge=0, title="Client", description="The one that trains, from 0.")


def cohort(recipe: Recipe) -> Cohort:
    """Only the chosen client is ever drawn; it does its usual steps in every round."""
    chosen = recipe.method.parameters
    assert isinstance(chosen, OneClientParameters)
    client = chosen.client % recipe.clients
    return Cohort(recipe.clients, 1, recipe.train.local_steps, members=(client,))


METHOD = Method(
    key="one-client",
    title="One client alone",
    paper="A control, no paper",
    summary="One client tunes on its own share, without the others: what federation has to beat.",
    parameters=OneClientParameters,
    control=True,
    cohort=cohort,
    strategy=fedavg.strategy,
)
