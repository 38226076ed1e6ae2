"""The admin site: look at everything, change next to nothing, act with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from . import services
from .models import (
    Artifact,
    Attempt,
    AuditEvent,
    Batch,
    Board,
    BoardEntry,
    LogChunk,
    ProgressLine,
    QuotaLimit,
    Score,
    Submission,
    TaskScore,
)
from .services import acts, batches, choosing, flags
from .services.reasons import MOST_WORDS


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


class ReasonForm(ActionForm):
    """An action with the reason that is kept with it."""

    reason = forms.CharField(
        max_length=MOST_WORDS,
        required=False,
        label="Reason",
        help_text="Needed; that of a flag or a failure is public.",
    )


class Acting(ReadOnly, admin.ModelAdmin):
    """Rows that can be acted on, with a reason."""

    action_form = ReasonForm


@admin.register(Submission)
class SubmissionAdmin(Acting):
    list_display = (
        "id", "name", "owner", "domain", "method", "is_control", "trust", "visibility",
        "flagged_at", "withdrawn_at", "created",
    )  # fmt: skip
    list_filter = ("domain", "method", "is_control", "kind", "trust", "visibility")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "owner__username")
    date_hierarchy = "created"
    inlines = (AttemptLines, ScoreLines)
    actions = ("requeue", "reevaluate", "cancel", "fail", "flag", "unflag")

    @admin.action(permissions=["operate"], description="Run again (failed or cancelled ones)")
    def requeue(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """A new attempt from where the work starts."""
        _each(request, rows, acts.requeue, "queued again")

    @admin.action(permissions=["operate"], description="Evaluate again in a batch of their board")
    def reevaluate(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """Scores of the present evaluator version, shown when the batch is flipped."""
        for domain in sorted(set(rows.values_list("domain", flat=True))):
            _start(request, domain, list(rows.filter(domain=domain)))

    @admin.action(permissions=["operate"], description="Cancel what is under way")
    def cancel(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """End the present attempts."""
        _each(request, rows, acts.cancel, "cancelled")

    @admin.action(permissions=["operate"], description="Fail what is under way, with the reason")
    def fail(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """End the present attempts as failures; everybody reads why."""
        _each(request, rows, acts.fail, "failed")

    @admin.action(permissions=["operate"], description="Flag, with a public reason")
    def flag(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """Warn of them on their rows and pages."""
        _each(request, rows, flags.flag, "flagged")

    @admin.action(permissions=["operate"], description="Take the flag back")
    def unflag(self, request: HttpRequest, rows: QuerySet[Submission]) -> None:
        """Warn no longer."""
        _each(request, rows, flags.unflag, "flagged no longer")


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "__str__", "stage", "current", "tries", "done", "of", "lease_owner", "heartbeat_at",
        "error_code", "queued_at", "finished_at",
    )  # fmt: skip
    list_filter = ("stage", "current", "error_code", "submission__domain")
    list_select_related = ("submission",)
    search_fields = ("submission__id", "submission__name", "lease_owner")


@admin.register(Score)
class ScoreAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("submission", "suite", "protocol", "average", "evaluator_version", "created")
    list_filter = ("suite", "protocol", "evaluator_version")
    list_select_related = ("submission",)
    inlines = (TaskLines,)


@admin.register(Board)
class BoardAdmin(Acting):
    list_display = (
        "domain", "protocol", "suite_version", "evaluator_version", "ranked", "sequence", "dirty",
        "built_at",
    )  # fmt: skip
    inlines = (EntryLines,)
    actions = ("rebuild", "reevaluate")

    @admin.action(permissions=["operate"], description="Rebuild")
    def rebuild(self, request: HttpRequest, rows: QuerySet[Board]) -> None:
        """Mark dirty; a worker does it."""
        for board in rows:
            services.mark_dirty(board.domain, board.protocol)

    @admin.action(permissions=["operate"], description="Evaluate everything it shows again")
    def reevaluate(self, request: HttpRequest, rows: QuerySet[Board]) -> None:
        """A batch a domain; both protocols belong to it."""
        for domain in sorted(set(rows.values_list("domain", flat=True))):
            _start(request, domain, choosing.on_board(domain))


@admin.register(Batch)
class BatchAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("__str__", "state", "reason", "created_by", "created", "ended_at")
    list_filter = ("state", "domain")
    list_select_related = ("created_by",)

    def get_view_on_site_url(self, obj: Batch | None = None) -> str | None:
        """Where a batch is followed and flipped."""
        return reverse("batch", args=[obj.pk]) if obj else reverse("batches")


@admin.register(AuditEvent)
class AuditAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("created", "actor", "action", "object_type", "object_id", "reason")
    list_filter = ("action", "object_type")
    list_select_related = ("actor",)
    search_fields = ("object_id", "reason", "actor__username")
    date_hierarchy = "created"


@admin.register(QuotaLimit)
class QuotaAdmin(Acting):
    list_display = ("user", "what", "limit", "reason")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    actions = ("remove",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_operate_permission(request)

    def formfield_for_dbfield(self, field: Any, request: Any, **kwargs: Any) -> Any:
        """What is counted is a closed set."""
        if field.name == "what":
            return forms.ChoiceField(choices=[(key, key) for key in acts.COUNTED])
        return super().formfield_for_dbfield(field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: QuotaLimit, form: Any, change: bool) -> None:
        """As the verb does it, with its event."""
        acts.limit(request.user, obj.user, obj.what, obj.limit, obj.reason)
        obj.pk = QuotaLimit.objects.get(user=obj.user, what=obj.what).pk

    @admin.action(permissions=["operate"], description="Back to the site's own limit")
    def remove(self, request: HttpRequest, rows: QuerySet[QuotaLimit]) -> None:
        """Take the limits of their own away."""
        for row in rows:
            _tell(
                request,
                lambda row=row: acts.limit(request.user, row.user, row.what, None, _why(request)),
                f"{row.user} has the site's limit of {row.what} again.",
            )


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
    request: HttpRequest, rows: QuerySet[Submission], verb: Callable[..., object], done: str
) -> None:
    for row in rows:
        _tell(
            request,
            lambda row=row: verb(request.user, row, _why(request)),
            f"{row} is {done}.",
        )


def _start(request: HttpRequest, domain: str, chosen: Sequence[Submission]) -> None:
    def start() -> None:
        started = batches.start(request.user, domain, chosen, _why(request))
        for sentence in started.refused:
            messages.warning(request, sentence)

    place = reverse("batches")
    link = format_html('{}: see <a href="{}">re-evaluation</a>.', f"{domain} is queued", place)
    _tell(request, start, link)


def _tell(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    try:
        act()
    except services.NotPossible as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, done)


def _why(request: HttpRequest) -> str:
    return request.POST.get("reason", "")
