"""Control: one client alone, with its own share of the data and nobody to average with."""

from __future__ import annotations

from pydantic import Field

from . import fedavg
from .base import Cohort, Method, Parameters


class OneClientParameters(Parameters):
    """Which client."""

    client: int = Field(0, ge=0, title="Client", description="The one that trains, from 0.")


def cohort(usual: Cohort, parameters: Parameters) -> Cohort:
    """Only the chosen client is ever drawn; it does its usual steps in every round."""
    assert isinstance(parameters, OneClientParameters)
    return usual._replace(per_round=1, members=(parameters.client % usual.clients,))


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
