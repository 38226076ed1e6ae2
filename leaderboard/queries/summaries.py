"""Submissions for programs: one, or a page of them, with stage and scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from leaderboard import access, stages
from leaderboard.models import Attempt, ProgressLine, Score, Submission
from leaderboard.records import Failure, TaskCell

from . import timing
from .lists import HEAVY, as_percent
from .runs import rounds_of, task_cell

PLAIN = (
    "id", "name", "description", "kind", "domain", "method", "base_model", "trust", "visibility",
    "created", "published_at", "withdrawn_at", "withdrawn_reason", "flagged_reason",
)  # fmt: skip


class ScoreSummary(NamedTuple):
    """A score, in percent; None where there is none, with the reason."""

    protocol: str
    average: float | None
    low: float | None
    high: float | None
    corrected: float | None
    unscored: str
    suite_version: str
    evaluator_version: str
    created: datetime
    tasks: tuple[TaskCell, ...]


class Summary(NamedTuple):
    """What a program may know of a submission."""

    id: str
    name: str
    description: str
    kind: str
    domain: str
    method: str
    base_model: str
    owner: str
    team: str | None
    trust: str
    visibility: str
    stage: str
    stage_title: str
    ended: bool
    attempt: int
    position: int | None
    eta_seconds: float | None
    done: int
    of: int
    unit: str
    failure: Failure | None
    scores: tuple[ScoreSummary, ...]
    findings: tuple[dict[str, Any], ...]
    created: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    flagged_reason: str


def summary(submission_id: str, user: Any) -> Summary:
    """One of them; `Submission.DoesNotExist` for what is unknown to `user`. At most seven
    queries."""
    row = _rows().get(access.visible(user), pk=submission_id)
    attempt = next(iter(row.attempts.all()), None)
    if attempt is None or row.withdrawn_at is not None:
        return _summary(row, attempt)
    if attempt.stage in stages.WAITING:
        place = timing.position(attempt)
        eta = timing.expected_start(row.domain, place)
        return _summary(row, attempt)._replace(position=place, eta_seconds=eta)
    return _summary(row, attempt)._replace(eta_seconds=_remaining(attempt))


def summaries(
    user: Any, *, mine: bool, domain: str | None, after: Sequence[Any] | None, limit: int
) -> list[Summary]:
    """Up to `limit` after the place `after` (created, id), newest first. Four queries.

    One's own with drafts and tombstones; of others what may be read.
    """
    rows = _rows().order_by("-created", "id")
    rows = rows.filter(owner=user.pk) if mine else rows.filter(access.readable(user))
    if domain is not None:
        rows = rows.filter(domain=domain)
    if after is not None:
        at, key = datetime.fromisoformat(after[0]), after[1]
        rows = rows.filter(Q(created__lt=at) | Q(created=at, id__gt=key))
    return [_summary(row, next(iter(row.attempts.all()), None)) for row in rows[:limit]]


def place_of(found: Summary) -> list[str]:
    """Where a page that ends with this one goes on."""
    return [found.created.isoformat(), found.id]


def _rows() -> QuerySet[Submission]:
    current = Attempt.objects.filter(current=True).defer(*HEAVY)
    scores = Score.objects.order_by("-attempt_id", "protocol", "-pk")
    return (
        Submission.objects.select_related("owner", "team")
        .defer("recipe", "recipe_text", "base_pin", "dataset_pin")
        .prefetch_related(
            Prefetch("attempts", current), Prefetch("scores", scores), "scores__tasks"
        )
    )


def _summary(row: Submission, attempt: Attempt | None) -> Summary:
    gone = row.withdrawn_at is not None
    stage = stages.STAGES[attempt.stage] if attempt else None
    return Summary(
        **{name: getattr(row, name) for name in PLAIN},
        owner=row.owner.get_username(),
        team=row.team.slug if row.team else None,
        stage=stage.key if stage else "draft",
        stage_title=stage.title if stage else "Draft",
        ended=stage is not None and stage.terminal,
        attempt=attempt.number if attempt else 0,
        position=None,
        eta_seconds=None,
        done=attempt.done if attempt else 0,
        of=attempt.of if attempt else 0,
        unit=attempt.unit if attempt else "",
        failure=None if attempt is None or gone else _failure(attempt),
        scores=() if gone else tuple(_score(score, row.domain) for score in row.scores.all()),
        findings=() if gone else tuple(row.findings),
    )


def _failure(attempt: Attempt) -> Failure | None:
    if attempt.stage != "failed":
        return None
    return Failure(attempt.error_code, attempt.error_message, attempt.error_hint)


def _score(score: Score, domain: str) -> ScoreSummary:
    return ScoreSummary(
        protocol=score.protocol,
        average=as_percent(score.average),
        low=as_percent(score.low),
        high=as_percent(score.high),
        corrected=as_percent(score.corrected),
        unscored=score.unscored,
        suite_version=score.suite_version,
        evaluator_version=score.evaluator_version,
        created=score.created,
        tasks=tuple(task_cell(task, domain) for task in score.tasks.all()),
    )


def _remaining(attempt: Attempt) -> float | None:
    if attempt.stage not in stages.HELD:
        return None
    lines = ProgressLine.objects.filter(attempt=attempt, event="round").values_list(
        "data", flat=True
    )
    return timing.remaining(attempt, rounds_of(list(lines)), timezone.now())
