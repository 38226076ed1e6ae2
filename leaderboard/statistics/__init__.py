"""How sure the boards are: intervals, paired tests, ranks with their range. Pure: numpy and scipy.

Everything treats a task's questions as a sample of those that could have been asked, and tasks as
independent strata. Nothing here knows how much a score moves when training is repeated.
"""

from .changes import Change, change
from .intervals import Mean, stratified, stratified_bootstrap
from .paired import Difference, Discordant, mcnemar, paired_permutation
from .separation import (
    LEVEL,
    MOST_COMPARED,
    Entrant,
    Place,
    Separation,
    Stratum,
    borda,
    holm,
    rank_intervals,
    tiers,
)

__all__ = [
    "LEVEL",
    "MOST_COMPARED",
    "Change",
    "Difference",
    "Discordant",
    "Entrant",
    "Mean",
    "Place",
    "Separation",
    "Stratum",
    "borda",
    "change",
    "holm",
    "mcnemar",
    "paired_permutation",
    "rank_intervals",
    "stratified",
    "stratified_bootstrap",
    "tiers",
]
