"""Run records for whoever may read the submission, and what running it again has shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Avg, Count, Max, Q

from leaderboard import access, eee, provenance
from leaderboard.models import Attempt, DriftCheck, Submission

Json = dict[str, Any]

SAME = 1e-12
"""Accuracies are quotients of whole numbers: what differs by less is the same."""


class Eee(NamedTuple):
    """An Every Eval Ever record with the place it has in their datastore."""

    name: str
    path: str
    record: Json


class Drift(NamedTuple):
    """The last time a submission was run again."""

    at: datetime
    same: bool
    largest: float
    """Percentage points, of the test that moved most."""
    times: int
    """Checks that ran to the end."""


class DriftSummary(NamedTuple):
    """All checks of public submissions together."""

    checked: int
    same: int
    largest: float
    average: float
    last: datetime | None


def run_record(submission_id: str, user: Any, number: int | None = None) -> Json:
    """The record of an attempt; without a number of the newest that has scores, else the current
    one. `ObjectDoesNotExist` for what is not there or not to be read by `user`."""
    submission = Submission.objects.get(access.readable(user), pk=submission_id)
    attempts = Attempt.objects.filter(submission=submission)
    attempts = attempts.select_related("submission__owner", "submission__team")
    if number is not None:
        return provenance.record(attempts.get(number=number))
    scored = attempts.filter(scores__isnull=False).order_by("-number").first()
    return provenance.record(scored or attempts.get(current=True))


def eee_record(submission_id: str, user: Any, protocol: str) -> Eee:
    """The newest score under a protocol as an Every Eval Ever record; errors as above."""
    record = run_record(submission_id, user)
    converted = eee.convert(record, protocol)
    if converted is None:
        raise Attempt.DoesNotExist(f"{submission_id} has no score called {protocol}.")
    return Eee(eee.name(record, protocol), eee.path(record, protocol), converted)


def drift(submission_id: str) -> Drift | None:
    """What the last check that ran to the end found; None where there was none. One query."""
    found = list(
        DriftCheck.objects.filter(submission_id=submission_id, state="done").only(
            "ended_at", "largest"
        )
    )
    if not found:
        return None
    last = found[0]
    largest = last.largest or 0.0
    return Drift(last.ended_at, largest <= SAME, 100 * largest, len(found))


def drift_summary() -> DriftSummary | None:
    """Of everything that anybody may see; None before the first check. One query."""
    done = DriftCheck.objects.filter(access.visible_through(None, "submission__"), state="done")
    found = done.aggregate(
        checked=Count("pk"),
        same=Count("pk", filter=Q(largest__lte=SAME)),
        last=Max("ended_at"),
        most=Max("largest"),
        mean=Avg("largest"),
    )
    most, mean = found.pop("most") or 0.0, found.pop("mean") or 0.0
    if not found["checked"]:
        return None
    return DriftSummary(**found, largest=100 * most, average=100 * mean)
