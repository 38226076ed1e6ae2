"""Control: all data in one place, with as many examples seen as the federation sees."""

from __future__ import annotations

from . import fedavg
from .base import Cohort, Method, Parameters


def cohort(usual: Cohort, parameters: Parameters) -> Cohort:
    """One holder of everything; a round's steps are those of all its clients, one after another."""
    return Cohort(clients=1, per_round=1, steps=usual.per_round * usual.steps)


METHOD = Method(
    key="centralised",
    title="All data in one place",
    paper="A control, no paper",
    summary="The same adapter tuned on all the data at once, seeing as many examples: what "
    "federation is compared with.",
    control=True,
    cohort=cohort,
    strategy=fedavg.strategy,
)
