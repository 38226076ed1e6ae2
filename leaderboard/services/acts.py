"""What staff do to single submissions and people: each act in one transaction with its event."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from leaderboard.models import Attempt, QuotaLimit, Submission

from . import audit
from .cancel import end
from .quota import A_DAY, AT_ALL
from .reasons import reason_of
from .requeue import NotPossible
from .requeue import requeue as run_again

COUNTED = tuple(sorted({*A_DAY, *AT_ALL}))
"""What a person's own limit can be of."""
STOPPED = "stopped-by-staff"
"""Error code of an attempt that staff failed."""


def requeue(actor: Any, submission: Submission, reason: str) -> Attempt:
    """Run again what failed or was cancelled."""
    reason = reason_of(reason)
    with transaction.atomic():
        before = _standing(submission)
        attempt = run_again(submission)
        audit.note(actor, "requeue", submission, before, _standing(submission), reason)
    return attempt


def cancel(actor: Any, submission: Submission, reason: str) -> None:
    """End what is under way."""
    _stop(actor, "cancel", submission, reason)


def fail(actor: Any, submission: Submission, reason: str) -> None:
    """End what is under way as a failure, with a reason that everybody reads."""
    _stop(
        actor,
        "fail",
        submission,
        reason,
        to="failed",
        error_code=STOPPED,
        error_message=reason.strip(),
        error_hint="Staff of this site ended it; ask them before you hand it in again.",
    )


def limit(actor: Any, user: Any, what: str, most: int | None, reason: str) -> None:
    """Give a person a limit of their own; with None take it away again."""
    reason = reason_of(reason)
    if what not in COUNTED:
        raise NotPossible(f"{what!r} is not counted; {' and '.join(COUNTED)} are.")
    with transaction.atomic():
        found = QuotaLimit.objects.select_for_update().filter(user=user, what=what)
        before = {"limit": found.values_list("limit", flat=True).first(), "what": what}
        if most is None:
            found.delete()
        else:
            QuotaLimit.objects.update_or_create(
                user=user, what=what, defaults={"limit": most, "reason": reason}
            )
        audit.note(actor, "limit", user, before, {"limit": most, "what": what}, reason)


def _stop(actor: Any, action: str, submission: Submission, reason: str, **how: Any) -> None:
    reason = reason_of(reason)
    with transaction.atomic():
        attempt = submission.attempts.filter(current=True).first()
        before = _standing(submission)
        if attempt is None or not end(attempt, **how):
            raise NotPossible(f"{submission} is {before['stage']}; there is nothing to end.")
        audit.note(actor, action, submission, before, _standing(submission), reason)


def _standing(submission: Submission) -> dict[str, Any]:
    found = submission.attempts.filter(current=True).values("number", "stage").first()
    return dict(found) if found else {"number": None, "stage": "not queued"}
