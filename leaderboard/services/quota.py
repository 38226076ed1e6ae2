"""How much somebody may use: counted in rows that only a conditional update raises."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from leaderboard.models import Attempt, QuotaLimit, QuotaUse

EVER = date(1970, 1, 1)
"""The day of what does not start again each day."""
A_DAY = {"submissions": "SUBMISSIONS_A_DAY"}
AT_ALL = {"storage": "STORAGE_BYTES"}
"""What is counted, and the setting that limits it."""
OUR_FAULTS = ("worker-failed", "worker-lost", "hub-unreachable", "busy", "interrupted")
"""Errors of runs that nobody who handed in could have avoided."""


class Left(NamedTuple):
    """What somebody may still use."""

    limit: int | None
    """None: as much as they like."""
    used: int
    resets_at: datetime | None
    """None: it never starts again by itself."""

    @property
    def remaining(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


class OverQuota(Exception):
    """There is not enough left; nothing was taken."""

    def __init__(self, left: Left, what: str = "submissions") -> None:
        self.left, self.what = left, what
        again = f"; it starts again at {left.resets_at:%H:%M} UTC" if left.resets_at else ""
        super().__init__(f"{left.used} of {left.limit} {_unit(what)} are used{again}.")


def left(user: Any, what: str = "submissions") -> Left:
    """What is left of it, at this moment. Two queries."""
    day = _day(what)
    used = QuotaUse.objects.filter(user=user, what=what, day=day).values_list("used", flat=True)
    return Left(_limit(user, what), used.first() or 0, _resets_at(day))


def take(user: Any, what: str = "submissions", amount: int = 1) -> date:
    """Use some of it, all or nothing; answers the day it was taken from, for `give_back`.

    In a transaction that is undone, nothing was used.
    """
    day, limit = _day(what), _limit(user, what)
    QuotaUse.objects.bulk_create([QuotaUse(user=user, what=what, day=day)], ignore_conflicts=True)
    row = QuotaUse.objects.filter(user=user, what=what, day=day)
    if limit is not None:
        row = row.filter(used__lte=limit - amount)
    if not row.update(used=F("used") + amount):
        raise OverQuota(left(user, what), what)
    return day


def give_back(user: Any, what: str, day: date | None = None, amount: int = 1) -> None:
    """Undo a use that came to nothing through no fault of the user's; never below zero."""
    rows = QuotaUse.objects.filter(user=user, what=what, day=day or _day(what))
    if not rows.filter(used__gte=amount).update(used=F("used") - amount):
        rows.filter(used__lt=amount).update(used=0)


def give_back_failed(attempt: Attempt) -> None:
    """The use of a first attempt that failed through a fault of ours, on the day it was taken.

    To be called once, in the transaction that ends it.
    """
    if attempt.error_code in OUR_FAULTS and attempt.number == 1:
        give_back(attempt.submission.owner, "submissions", attempt.queued_at.astimezone(UTC).date())


def _limit(user: Any, what: str) -> int | None:
    """Their own limit, or the site's; staff have none."""
    if user.is_staff:
        return None
    own = QuotaLimit.objects.filter(user=user, what=what).values_list("limit", flat=True).first()
    return own if own is not None else int(getattr(settings, {**A_DAY, **AT_ALL}[what]))


def _day(what: str) -> date:
    return timezone.now().astimezone(UTC).date() if what in A_DAY else EVER


def _resets_at(day: date) -> datetime | None:
    if day == EVER:
        return None
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)


def _unit(what: str) -> str:
    return {"submissions": "submissions of today", "storage": "bytes of storage"}[what]
