"""Who handed in the same before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from federated.reading import Problem
from leaderboard.models import Attempt, Submission
from leaderboard.uploads import Declared


def same_content(digest: str) -> list[Submission]:
    """Earlier ones of the same content that came to something, or still may."""
    ended = Attempt.objects.filter(current=True, stage__in=("failed", "cancelled"))
    standing = Submission.objects.filter(upload=digest, withdrawn_at=None)
    return list(standing.exclude(pk__in=ended.values("submission"))[:20])


def same_numbers(user: Any, declared: Declared) -> list[Submission]:
    """The owner's own row of the same name and numbers: numbers have no content of their own."""
    rows = Submission.objects.filter(
        owner=user, kind="numbers", withdrawn_at=None, name=declared.name, domain=declared.domain
    )
    scores = declared.said().get("scores")
    return [row for row in rows[:100] if row.declared.get("scores") == scores]


def own(user: Any, same: Sequence[Submission]) -> Submission | None:
    """The one among them that is `user`'s."""
    return next((submission for submission in same if submission.owner_id == user.pk), None)


def twice(own: Submission) -> Problem:
    """Why the same is not taken from its owner again."""
    hint = f"it is {own.name!r}, at /submissions/{own.pk}/"
    return Problem("file", None, "you handed in the same content before", hint)
