"""Show a submission to everybody, or take it back: each in one transaction, by whoever may."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from leaderboard import stages
from leaderboard.access import may_change
from leaderboard.models import Attempt, BoardEntry, Score, Submission
from leaderboard.overall import overall_of

from . import audit, quota
from .boards import mark_dirty
from .cancel import end
from .requeue import NotPossible
from .submit import enqueue

MOST_WORDS = 1_000
"""Characters of a reason."""
FIRST_STAGES = {
    "recipe": stages.FIRST,
    "adapter": "waiting-evaluation",
    "outputs": "waiting-evaluation",
}


def publish(user: Any, submission: Submission) -> None:
    """Make a private submission public, or hand a draft in for everybody to see."""
    _show(user, submission, "public")


def hand_in_draft(user: Any, submission: Submission) -> None:
    """Let a draft run, for its owner and the team to see."""
    _show(user, submission, "private")


def withdraw(user: Any, submission: Submission, reason: str) -> None:
    """Take it back for good: a tombstone stays, the boards close up, what runs is ended."""
    _allow(user, submission)
    reason = reason.strip()
    if not reason or len(reason) > MOST_WORDS:
        raise NotPossible(
            f"A reason of {len(reason):,} characters was given; 1 to {MOST_WORDS:,} are wanted. "
            "Everybody who could see the submission will read it."
        )
    with transaction.atomic():
        standing = Submission.objects.filter(pk=submission.pk, withdrawn_at=None)
        if not standing.update(withdrawn_at=timezone.now(), withdrawn_reason=reason):
            raise NotPossible(f"{submission} has been withdrawn already.")
        audit.note(user, "withdraw", submission, reason=reason)
        # The board first: a rebuild that has its lock is waited for, and its rows go too.
        _boards_change(submission)
        BoardEntry.objects.filter(submission=submission).delete()
    submission.refresh_from_db()
    for attempt in Attempt.objects.filter(submission=submission, current=True):
        end(attempt)


def _show(user: Any, submission: Submission, to: str) -> None:
    _allow(user, submission)
    before = ("draft", "private") if to == "public" else ("draft",)
    now = timezone.now() if to == "public" else None
    with transaction.atomic():
        found = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
        if found.withdrawn_at or found.visibility not in before:
            is_now = "withdrawn" if found.withdrawn_at else found.visibility
            raise NotPossible(f"{submission} is {is_now}; only a {' or '.join(before)} one can be.")
        Submission.objects.filter(pk=found.pk).update(visibility=to, published_at=now)
        if found.visibility == "draft":
            _queue(user, found)
        seen = {"visibility": found.visibility}, {"visibility": to}
        audit.note(user, "show", submission, *seen)
        _boards_change(found)
    submission.refresh_from_db()


def _queue(user: Any, draft: Submission) -> None:
    """A draft has used nothing yet; its first attempt is the use."""
    if draft.kind not in FIRST_STAGES:
        raise NotPossible(f"A draft of {draft.kind} cannot be handed in later; hand it in anew.")
    try:
        quota.take(user)
    except quota.OverQuota as over:
        raise NotPossible(str(over)) from None
    enqueue(draft, FIRST_STAGES[draft.kind], **_made(draft))


def _made(draft: Submission) -> dict[str, str]:
    return {"adapter": draft.upload} if draft.kind == "adapter" else {}


def _allow(user: Any, submission: Submission) -> None:
    if not may_change(user, submission):
        raise PermissionDenied


def _boards_change(submission: Submission) -> None:
    scored = Score.objects.filter(submission=submission).order_by("suite", "protocol")
    for suite, protocol in scored.values_list("suite", "protocol").distinct():
        mark_dirty(suite, protocol)
        if overall := overall_of(suite):
            mark_dirty(overall, protocol)
