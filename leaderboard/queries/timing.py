"""How long: since when, until when, and after whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from django.conf import settings
from django.db.models import F, Q

from leaderboard import stages
from leaderboard.models import Attempt
from leaderboard.records import Round

RECENT_RUNS = 20
RECENT_ROUNDS = 20


def position(attempt: Attempt) -> int:
    """Place in the queue, from 1: those that wait longer stand before."""
    before = Q(stage_since__lt=attempt.stage_since) | Q(
        stage_since=attempt.stage_since, pk__lt=attempt.pk
    )
    return Attempt.objects.filter(before, stage__in=stages.WAITING).count() + 1


def expected_start(domain: str, place: int | None) -> float | None:
    """Seconds until a waiting run starts: the median of the domain's last runs for each group of
    runs that this worker does at a time. None without any run to go by."""
    if place is None:
        return None
    done = Attempt.objects.filter(
        stage="published", started_at__isnull=False, submission__domain=domain
    ).order_by("-finished_at")
    times = done.annotate(took=F("finished_at") - F("started_at")).values_list("took", flat=True)
    recent = [took.total_seconds() for took in times[:RECENT_RUNS]]
    if not recent:
        return None
    return median(recent) * ((place - 1) // settings.WORKER_CONCURRENCY + 1)


def age(at: datetime | None, now: datetime) -> float | None:
    """Seconds since then."""
    return None if at is None else max(0.0, (now - at).total_seconds())


def elapsed(attempt: Attempt, now: datetime) -> float | None:
    """Seconds from the first start to the end, or to now."""
    return age(attempt.started_at, attempt.finished_at or now)


def remaining(attempt: Attempt, rounds: Sequence[Round], now: datetime) -> float | None:
    """Seconds the present stage still needs, from what it did so far."""
    left = attempt.of - attempt.done
    if attempt.stage == "training" and rounds:
        recent = rounds[-RECENT_ROUNDS:]
        return left * sum(one.seconds for one in recent) / len(recent)
    if attempt.stage == "evaluating" and attempt.done:
        return left * (now - attempt.stage_since).total_seconds() / attempt.done
    return None
