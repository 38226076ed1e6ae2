"""Stop a run on request."""

from __future__ import annotations

from typing import Any

from leaderboard import jobs, stages
from leaderboard.models import Attempt


def may_cancel(user: Any, owner_id: int) -> bool:
    """The owner and staff may."""
    return bool(user and user.is_authenticated and (user.pk == owner_id or user.is_staff))


def cancel(submission_id: str, user: Any) -> bool:
    """End the current attempt at once; False when there is nothing to end or no right to.

    A worker that holds the row notices within a second that it no longer does, and ends its
    engine.
    """
    attempt = Attempt.objects.select_related("submission").get(
        submission_id=submission_id, current=True
    )
    if not may_cancel(user, attempt.submission.owner_id):
        return False
    return end(attempt)


def end(attempt: Attempt) -> bool:
    """Move an attempt to cancelled, wherever it stands; a worker may move it meanwhile."""
    for _ in range(5):
        attempt.refresh_from_db(fields=["stage", "fence"])
        if attempt.stage in stages.TERMINAL:
            return False
        waiting = attempt.stage in stages.WAITING
        if stages.move(attempt.pk, attempt.stage, attempt.fence, "cancelled"):
            if waiting:  # else the sweep does it, once the engine is gone
                jobs.discard(attempt.pk)
            return True
    return False
