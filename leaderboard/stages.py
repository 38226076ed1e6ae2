"""The stages of an attempt as data, and the only function that moves a row between them.

Every stage that is not an end says what the sweep does when nobody acts, so that none is without
a deadline:
    ring     a waiting row: the doorbell is rung again, whatever became of the first message
    give-back  a held row whose lease ran out: it waits again, or fails after MAX_TRIES
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from django.db.models import F, Q
from django.utils import timezone

from .models import Attempt

Engine = Literal["training", "evaluation"]


class Stage(NamedTuple):
    """One line of the state table."""

    key: str
    title: str
    next: tuple[str, ...]
    """Where a row may go from here."""
    on_sweep: Literal["ring", "give-back"] | None
    """What the timer does; None only for the ends."""
    engine: Engine | None = None
    """The engine that works in this stage, or that this stage waits for."""

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return not self.next

    @property
    def held(self) -> bool:
        """Whether a worker holds the row under a lease."""
        return self.on_sweep == "give-back"


STAGES: dict[str, Stage] = {
    stage.key: stage
    for stage in (
        Stage(
            "waiting-training",
            "Waiting for training",
            ("training", "failed", "cancelled"),
            "ring",
            "training",
        ),
        Stage(
            "training",
            "Training",
            ("waiting-evaluation", "waiting-training", "failed", "cancelled"),
            "give-back",
            "training",
        ),
        Stage(
            "waiting-evaluation",
            "Waiting for evaluation",
            ("evaluating", "failed", "cancelled"),
            "ring",
            "evaluation",
        ),
        Stage(
            "evaluating",
            "Evaluating",
            ("published", "waiting-evaluation", "failed", "cancelled"),
            "give-back",
            "evaluation",
        ),
        Stage("published", "Published", (), None),
        Stage("failed", "Failed", (), None),
        Stage("cancelled", "Cancelled", (), None),
    )
}

FIRST = "waiting-training"
CLAIMED = {"waiting-training": "training", "waiting-evaluation": "evaluating"}
GIVEN_BACK = {held: waiting for waiting, held in CLAIMED.items()}
TERMINAL = tuple(key for key, stage in STAGES.items() if stage.terminal)
LIVE = tuple(key for key, stage in STAGES.items() if not stage.terminal)
WAITING = tuple(CLAIMED)
HELD = tuple(GIVEN_BACK)

NOBODY: dict[str, Any] = {"lease_owner": "", "lease_until": None, "heartbeat_at": None}


def move(
    attempt_id: int, stage: str, fence: int, to: str, only_if: Q | None = None, **fields: Any
) -> bool:
    """Move a row from `stage` to `to` if it still stands there under `fence`.

    False means that somebody else moved it first, which is normal. Entering a held stage raises
    the fence: whoever held the row before is refused from then on.
    """
    if to not in STAGES[stage].next:
        raise ValueError(f"{stage} -> {to} is not in the state table.")
    now = timezone.now()
    if STAGES[to].held:
        fields["fence"] = F("fence") + 1
    else:
        fields = {**NOBODY, **fields}
    if STAGES[to].terminal:
        fields["finished_at"] = now
    rows = Attempt.objects.filter(only_if or Q(), pk=attempt_id, stage=stage, fence=fence)
    return rows.update(stage=to, stage_since=now, **fields) == 1
