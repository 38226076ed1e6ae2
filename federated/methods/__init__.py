"""The method table: one line a method, one file each. Light: importing it imports no torch."""

from __future__ import annotations

from . import centralised, fedavg, fedavgm, fedprox, majority, one_client, untuned
from .base import Cohort, Method, Parameters

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        majority.METHOD,
        untuned.METHOD,
        one_client.METHOD,
        centralised.METHOD,
        fedavg.METHOD,
        fedprox.METHOD,
        fedavgm.METHOD,
    )
}

__all__ = ["METHODS", "Cohort", "Method", "Parameters"]
