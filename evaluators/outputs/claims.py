"""The scores that were handed in with outputs, held against what their items give."""

from __future__ import annotations

from collections.abc import Sequence

from .. import protocols
from ..items import Item
from ..plan import Part
from ..scoring import tally
from .rows import Stack


def disagreement(part: Part, stacks: Sequence[Stack], rows: Sequence[Item]) -> tuple[str, ...]:
    """A note where the claim for this part is not what its items give, beyond rounding."""
    if len(stacks) != 1 or not rows:
        return ()
    claimed = stacks[0].claims.get(metric(part))
    found = accuracy(rows)
    if claimed is None or abs(claimed - found) <= tolerance(claimed):
        return ()
    return (
        f"{part.task.title}: {claimed:.2%} was handed in as its score, its items give {found:.2%}.",
    )


def accuracy(rows: Sequence[Item]) -> float:
    """The share of right answers, an item's samples taken together."""
    right = [row.correct for row in rows]
    return tally([row.item_id for row in rows], right, right).accuracy


def metric(part: Part) -> str:
    """What its tool calls the score."""
    if part.task.form == "program":
        return "pass@1"
    per_character = part.protocol == "clean" and part.task.form in protocols.PER_CHARACTER
    return "acc_norm" if per_character else "acc"


def tolerance(claimed: float) -> float:
    """Half of the last decimal that was printed, of two at least."""
    decimals = len(repr(float(claimed)).partition(".")[2])
    return 0.5 / float(10 ** max(2, decimals)) + 1e-12
