"""Lists of submissions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from federated.methods import METHODS
from leaderboard.access import is_known, visible_through
from leaderboard.domains import DOMAINS
from leaderboard.models import Attempt, Score, Submission
from leaderboard.records import Listed
from leaderboard.stages import STAGES

HEAVY = ("training_job", "training_result", "evaluation_job", "evaluation_result")


def submissions(user: Any = None, limit: int = 50) -> list[Listed]:
    """The newest public submissions, or one person's own of every kind. Two queries."""
    rows = Attempt.objects.filter(current=True).select_related("submission__owner").defer(*HEAVY)
    if user is None:
        rows = rows.filter(visible_through(None, "submission__"))
    else:
        rows = rows.filter(submission__owner=user)
    attempts = list(rows.order_by("-queued_at", "-pk")[:limit])
    newest = _newest_scores([attempt.submission_id for attempt in attempts])
    return [_listed(attempt, newest.get(attempt.submission_id)) for attempt in attempts]


class Draft(NamedTuple):
    """One that its owner has not handed in yet."""

    submission_id: str
    name: str
    domain_title: str
    created: datetime


def drafts(user: Any) -> list[Draft]:
    """A person's own drafts, newest first. One query."""
    if not is_known(user):
        return []
    found = Submission.objects.filter(owner=user, visibility="draft", withdrawn_at=None)
    rows = found.values_list("pk", "name", "domain", "created")
    return [Draft(key, name, domain_title(domain), created) for key, name, domain, created in rows]


class Watched(NamedTuple):
    """How far a submission is, for a terminal."""

    submission_id: str
    name: str
    stage: str
    stage_title: str
    done: int
    of: int
    unit: str
    ended: bool
    failure: str
    average: float | None
    low: float | None
    high: float | None


def watched(ids: Sequence[str]) -> list[Watched]:
    """The submissions in the given order. Two queries."""
    rows = Attempt.objects.filter(current=True, submission_id__in=ids)
    attempts = rows.select_related("submission").defer(*HEAVY)
    scores = _newest_scores(list(ids))
    found = {row.submission_id: _watched(row, scores.get(row.submission_id)) for row in attempts}
    return [found[key] for key in ids if key in found]


def percent_done(attempt: Attempt) -> float:
    """How far the present stage is; 100 once everything is published."""
    if attempt.stage == "published":
        return 100.0
    return min(100.0, 100 * attempt.done / attempt.of) if attempt.of else 0.0


def method_title(key: str) -> str:
    """A method's name for people; one that was taken out of the table keeps its key."""
    return METHODS[key].title if key in METHODS else key


def domain_title(key: str) -> str:
    """A domain's name for people."""
    return DOMAINS[key].title if key in DOMAINS else key


def _newest_scores(ids: list[str]) -> dict[str, Score]:
    found = Score.objects.filter(submission_id__in=ids, protocol="clean")
    return {score.submission_id: score for score in found.order_by("created", "pk")}


def _watched(attempt: Attempt, score: Score | None) -> Watched:
    return Watched(
        submission_id=attempt.submission_id,
        name=attempt.submission.name,
        stage=attempt.stage,
        stage_title=STAGES[attempt.stage].title,
        done=attempt.done,
        of=attempt.of,
        unit=attempt.unit,
        ended=STAGES[attempt.stage].terminal,
        failure=" ".join(filter(None, (attempt.error_message, attempt.error_hint))),
        average=as_percent(score.average) if score else None,
        low=as_percent(score.low) if score else None,
        high=as_percent(score.high) if score else None,
    )


def _listed(attempt: Attempt, score: Score | None) -> Listed:
    submission = attempt.submission
    average, low, high = (score.average, score.low, score.high) if score else (None, None, None)
    return Listed(
        submission_id=submission.pk,
        name=submission.name,
        domain=submission.domain,
        domain_title=domain_title(submission.domain),
        method_title=method_title(submission.method),
        owner=submission.owner.get_username(),
        stage=attempt.stage,
        stage_title=STAGES[attempt.stage].title,
        percent=percent_done(attempt),
        average=as_percent(average),
        low=as_percent(low),
        high=as_percent(high),
        created=submission.created,
        visibility=submission.visibility,
        withdrawn=submission.withdrawn_at is not None,
    )


def as_percent(share: float | None) -> float | None:
    """A stored fraction as it is shown."""
    return None if share is None else 100 * share
