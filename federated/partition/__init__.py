"""Who holds what: a training set cut into clients, and what came of the cut."""

from .cutting import split
from .description import describe, write_description
from .kinds import LABEL, MOST_LABELS, OTHER, labels

__all__ = [
    "LABEL",
    "MOST_LABELS",
    "OTHER",
    "describe",
    "labels",
    "split",
    "write_description",
]
