"""Who may see a submission, and who may change it: every read of the site asks here.

public: everybody. private: its owner, its team, staff. draft: its owner alone. A withdrawn one
keeps a page for those who could see it before; what lay behind that page is gone for all.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from .models import Membership, Submission


def visible(user: Any) -> Q:
    """Submissions whose page `user` may open, tombstones included."""
    return visible_through(user, "", withdrawn=True)


def readable(user: Any) -> Q:
    """Those of them whose scores, items and files may be read too."""
    return visible_through(user, "")


def visible_through(user: Any, prefix: str, *, withdrawn: bool = False) -> Q:
    """The same for rows that lie behind a submission: `prefix` is the way to it ("submission__").

    Subqueries, no joins: a row comes once, however many teams its reader is in.
    """
    seen = _anybodys(prefix)
    if is_known(user):
        seen |= Q(**{f"{prefix}owner": user.pk}) | _shared(user, prefix)
    return seen if withdrawn else seen & Q(**{f"{prefix}withdrawn_at__isnull": True})


def may_see(user: Any, submission: Submission) -> bool:
    """Whether its page may be opened; of what may not be seen nothing is said, not even that it
    is there."""
    if submission.visibility == "public":
        return True
    if not is_known(user):
        return False
    if submission.owner_id == user.pk:
        return True
    return submission.visibility == "private" and (user.is_staff or _is_in(user, submission))


def may_read(user: Any, submission: Submission) -> bool:
    """Whether what lies behind the page may be read."""
    return submission.withdrawn_at is None and may_see(user, submission)


def may_change(user: Any, submission: Submission) -> bool:
    """Its owner, the owners of its team and staff: publish, withdraw, cancel."""
    if not is_known(user) or not may_see(user, submission):
        return False
    if user.is_staff or submission.owner_id == user.pk:
        return True
    return _is_in(user, submission, role="owner")


def is_known(user: Any) -> bool:
    """Whether this is a person who may sign in, not a passer-by, nobody, or a closed account."""
    return bool(user is not None and user.is_authenticated and user.is_active)


def _anybodys(prefix: str) -> Q:
    return Q(**{f"{prefix}visibility": "public"})


def _shared(user: Any, prefix: str) -> Q:
    """Private ones that a teammate or staff may see."""
    private = Q(**{f"{prefix}visibility": "private"})
    if user.is_staff:
        return private
    teams = Membership.objects.filter(user=user.pk).values("team")
    return private & Q(**{f"{prefix}team__in": teams})


def _is_in(user: Any, submission: Submission, **wanted: str) -> bool:
    if submission.team_id is None:
        return False
    return Membership.objects.filter(user=user.pk, team=submission.team_id, **wanted).exists()
