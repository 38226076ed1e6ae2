"""Batches of re-evaluation: the list, and one with its members and what its flip would do."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from leaderboard import stages
from leaderboard.batch_records import BatchLine, BatchPage, Event, Member, Preview
from leaderboard.models import AuditEvent, Batch, BatchItem
from leaderboard.services import audit
from leaderboard.services.batches import OPEN, version_of
from leaderboard.services.entries import boards_of

from .lists import domain_title
from .moves import preview

MOST_LISTED = 100


def batches(limit: int = MOST_LISTED) -> list[BatchLine]:
    """The newest batches. One query."""
    return [_line(batch) for batch in _counted()[:limit]]


def batch(batch_id: int) -> BatchPage:
    """One batch; `Batch.DoesNotExist` for an unknown one."""
    found = _counted().get(pk=batch_id)
    previews = _previews(found) if found.state in OPEN else ()
    lost = {move.submission_id: move for one in previews for move in one.vanishing}
    return BatchPage(
        line=_line(found),
        members=_members(found),
        previews=previews,
        vanishing=tuple(sorted(lost.values(), key=lambda move: move.name)),
        events=tuple(event_of(event) for event in audit.of(found)),
    )


def event_of(event: AuditEvent) -> Event:
    """An act with its actor's name."""
    actor = event.actor.get_username() if event.actor else "the command line"
    return Event(event.action, actor, event.reason, event.created)


def _previews(found: Batch) -> tuple[Preview, ...]:
    return tuple(preview(board, version_of(found)) for board in boards_of(found.domain))


def _counted() -> QuerySet[Batch]:
    failed = Q(items__attempt=None) | Q(items__attempt__stage__in=("failed", "cancelled"))
    return Batch.objects.select_related("created_by").annotate(
        members=Count("items"),
        published=Count("items", Q(items__attempt__stage="published")),
        live=Count("items", Q(items__attempt__stage__in=stages.LIVE)),
        failed=Count("items", Q(items__isnull=False) & failed),
    )


def _line(found: Any) -> BatchLine:
    return BatchLine(
        pk=found.pk,
        domain=found.domain,
        domain_title=domain_title(found.domain),
        suite_version=found.suite_version,
        evaluator_version=found.evaluator_version,
        state=found.state,
        reason=found.reason,
        started_by=found.created_by.get_username() if found.created_by else "the command line",
        created=found.created,
        ended_at=found.ended_at,
        members=found.members,
        published=found.published,
        live=found.live,
        failed=found.failed,
    )


def _members(found: Batch) -> tuple[Member, ...]:
    items = found.items.select_related("submission__owner", "attempt").defer(
        "submission__recipe", "submission__recipe_text", "attempt__training_result",
        "attempt__evaluation_result", "attempt__training_job", "attempt__evaluation_job",
    )  # fmt: skip
    members = [_member(item) for item in items]
    return tuple(sorted(members, key=lambda one: (not one.failed, one.stage == "published")))


def _member(item: BatchItem) -> Member:
    stage = item.attempt.stage if item.attempt else "failed"
    error = item.attempt.error_message if item.attempt else "Its attempt was deleted."
    return Member(
        submission_id=item.submission_id,
        name=item.submission.name,
        owner=item.submission.owner.get_username(),
        stage=stage,
        stage_title=stages.STAGES[stage].title,
        error=error,
        failed=stage in ("failed", "cancelled"),
    )
