"""The admin site: look at everything, change next to nothing, requeue and cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from . import services
from .models import (
    Artifact,
    Attempt,
    Board,
    BoardEntry,
    LogChunk,
    ProgressLine,
    Score,
    Submission,
    TaskScore,
)
from .services.cancel import end


class ReadOnly:
    """Rows that only the site's own verbs write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the actions below may be used; looking alone does not suffice."""
        return request.user.has_perm("leaderboard.change_submission")


class AttemptLines(ReadOnly, admin.TabularInline):
    model = Attempt
    fields = ("number", "stage", "tries", "error_code", "queued_at", "finished_at")
    extra = 0


class ScoreLines(ReadOnly, admin.TabularInline):
    model = Score
    fields = ("protocol", "average", "low", "high", "suite_version", "evaluator_version", "created")
    readonly_fields = ("created",)
    extra = 0


class TaskLines(ReadOnly, admin.TabularInline):
    model = TaskScore
    extra = 0


class EntryLines(ReadOnly, admin.TabularInline):
    model = BoardEntry
    fields = ("position", "rank", "name", "owner", "method_title", "average", "low", "high")
    extra = 0


@admin.register(Submission)
class SubmissionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "name", "owner", "domain", "method", "is_control", "trust", "created")
    list_filter = ("domain", "method", "is_control", "trust")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "owner__username")
    date_hierarchy = "created"
    inlines = (AttemptLines, ScoreLines)
    actions = ("requeue", "reevaluate")

    @admin.action(permissions=["operate"], description="Run again (failed or cancelled ones)")
    def requeue(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """A new attempt from the start."""
        _each(request, rows, services.requeue, "queued again")

    @admin.action(permissions=["operate"], description="Evaluate again (published ones)")
    def reevaluate(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """Scores of the present evaluator version, from the stored adapter."""
        _each(request, rows, services.reevaluate, "queued for evaluation")


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "__str__", "stage", "current", "tries", "done", "of", "lease_owner", "heartbeat_at",
        "error_code", "queued_at", "finished_at",
    )  # fmt: skip
    list_filter = ("stage", "current", "error_code", "submission__domain")
    list_select_related = ("submission",)
    search_fields = ("submission__id", "submission__name", "lease_owner")
    actions = ("cancel",)

    @admin.action(permissions=["operate"], description="Cancel")
    def cancel(self, request: HttpRequest, rows: QuerySet[Attempt]) -> None:
        """End the attempts that have not ended."""
        ended = sum(end(attempt) for attempt in rows)
        self.message_user(request, f"{ended} cancelled, {len(rows) - ended} had ended already.")


@admin.register(Score)
class ScoreAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("submission", "suite", "protocol", "average", "evaluator_version", "created")
    list_filter = ("suite", "protocol", "evaluator_version")
    list_select_related = ("submission",)
    inlines = (TaskLines,)


@admin.register(Board)
class BoardAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("domain", "protocol", "ranked", "sequence", "dirty", "built_at")
    inlines = (EntryLines,)
    actions = ("rebuild",)

    @admin.action(permissions=["operate"], description="Rebuild")
    def rebuild(self, request: HttpRequest, rows: QuerySet[Board]) -> None:
        """Mark dirty; a worker does it."""
        for board in rows:
            services.mark_dirty(board.domain, board.protocol)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("sha256", "bytes", "media_type", "created")
    search_fields = ("sha256",)


@admin.register(LogChunk, ProgressLine)
class LineAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("attempt", "seq")
    list_select_related = ("attempt",)
    search_fields = ("attempt__submission__id",)


def _each(
    request: HttpRequest,
    rows: QuerySet[Submission],
    verb: Callable[[Submission], object],
    done: str,
) -> None:
    for submission in rows:
        try:
            verb(submission)
        except services.NotPossible as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, f"{submission} is {done}.")
