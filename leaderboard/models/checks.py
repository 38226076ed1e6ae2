"""E-mails that are to be sent, and scores that were run again to see whether they hold."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .common import choices
from .runs import Attempt, Submission

DRIFT_STATES = ("running", "done", "failed")


class Notice(models.Model):
    """An e-mail to a submission's owner about one ended attempt: at most one an attempt."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="notice")
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    """None: sent, or given up."""
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]
        indexes = [models.Index(fields=["next_at"], name="notice_due")]

    def __str__(self) -> str:
        return f"notice of {self.attempt_id}"


class DriftCheck(models.Model):
    """A published submission that was run again from its job files, and what came out."""

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="drift_checks"
    )
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="drift_checks")
    week = models.CharField(max_length=8, blank=True)
    """Of a scheduled check the ISO week, "2031-W07": each submission once a week."""
    state = models.CharField(max_length=8, choices=choices(DRIFT_STATES), default="running")
    tasks = models.JSONField(default=list)
    """[{protocol, task, stored, found}], shares from 0 to 1."""
    largest = models.FloatField(null=True, blank=True)
    """The largest difference of a task's accuracy, as a share."""
    error = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["week", "submission"], condition=~Q(week=""), name="drift_once_a_week"
            ),
            models.CheckConstraint(condition=Q(state__in=DRIFT_STATES), name="drift_state_known"),
        ]
        indexes = [models.Index(fields=["submission", "-created"], name="drift_of_submission")]

    def __str__(self) -> str:
        return f"{self.submission_id} again: {self.state}"
