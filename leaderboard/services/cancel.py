"""Stop a run on request."""

from __future__ import annotations

from typing import Any

from leaderboard import jobs, stages
from leaderboard.access import may_change
from leaderboard.models import Attempt

from . import telling


def cancel(submission_id: str, user: Any) -> bool:
    """End the current attempt at once; False when there is nothing to end or no right to.

    A worker that holds the row notices within a second that it no longer does, and ends its
    engine.
    """
    attempt = Attempt.objects.select_related("submission").get(
        submission_id=submission_id, current=True
    )
    if not may_change(user, attempt.submission):
        return False
    return end(attempt)


def end(attempt: Attempt, to: str = "cancelled", **fields: str) -> bool:
    """Move an attempt to an end, wherever it stands; a worker may move it meanwhile."""
    for _ in range(5):
        attempt.refresh_from_db(fields=["stage", "fence"])
        if attempt.stage in stages.TERMINAL:
            return False
        waiting = attempt.stage in stages.WAITING
        if telling.end(attempt.pk, attempt.stage, attempt.fence, to, **fields):
            if waiting:  # else the sweep does it, once the engine is gone
                jobs.discard(attempt.pk)
            return True
    return False
