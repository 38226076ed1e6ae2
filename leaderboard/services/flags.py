"""Public warnings by staff, on the row and the page of a submission."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from leaderboard.models import PROTOCOLS, Submission

from . import audit
from .boards import mark_dirty
from .reasons import reason_of
from .requeue import NotPossible


def flag(actor: Any, submission: Submission, reason: str) -> None:
    """Warn of a submission; a second flag replaces the reason of the first."""
    reason = reason_of(reason)
    with transaction.atomic():
        found = _locked(submission)
        _write(actor, "flag", found, timezone.now(), reason, why=reason)


def unflag(actor: Any, submission: Submission, reason: str) -> None:
    """Take the warning back."""
    reason = reason_of(reason)
    with transaction.atomic():
        found = _locked(submission)
        if found.flagged_at is None:
            raise NotPossible(f"{submission} is not flagged.")
        _write(actor, "unflag", found, None, "", why=reason)


def _locked(submission: Submission) -> Submission:
    # No key: a board that is being built holds the rows that its entries name.
    return Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)


def _write(actor: Any, action: str, found: Submission, at: Any, text: str, why: str) -> None:
    before = {"flagged": found.flagged_reason}
    Submission.objects.filter(pk=found.pk).update(flagged_at=at, flagged_reason=text)
    audit.note(actor, action, found, before, {"flagged": text}, why)
    # The rows say so at once; a new snapshot tells those who keep a copy.
    for protocol in PROTOCOLS:
        mark_dirty(found.domain, protocol)
