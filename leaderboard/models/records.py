"""What happened and who did it; what is to be told to whom; batches of re-evaluation."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q

from .common import Immutable, WriteOnce, choices, refuse
from .runs import Attempt, Submission

BATCH_STATES = ("running", "ready", "flipped", "dropped")


class AppendOnly(WriteOnce):
    """A query set that neither changes rows nor deletes them."""

    def delete(self) -> NoReturn:
        refuse(self.model)


class AuditEvent(Immutable):
    """One act of somebody with power; append only."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="acts"
    )
    """None: the site itself, or its command line."""
    action = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ["-created", "-id"]
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_of_object")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(self)


class Batch(models.Model):
    """Submissions of one board that are evaluated again and change the board in one step."""

    domain = models.CharField(max_length=40)
    suite_version = models.CharField(max_length=40)
    evaluator_version = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=choices(BATCH_STATES), default="running")
    reason = models.TextField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="batches"
    )
    created = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BATCH_STATES), name="batch_state_known"),
            models.UniqueConstraint(
                fields=["domain"],
                condition=Q(state__in=("running", "ready")),
                name="batch_one_open_a_board",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain} to evaluator {self.evaluator_version}"


class BatchItem(models.Model):
    """One submission of a batch, and the attempt that evaluates it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="batch_items")
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "submission"], name="batch_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} in {self.batch_id}"


class Webhook(models.Model):
    """An address that is told of a person's submissions, in signed messages."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=64)
    """Signs the messages; shown once."""
    active = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One message to one webhook, sent until it is taken or given up."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    """None: delivered, or given up."""
    delivered_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """HTTP status of the last try."""
    error = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]
        indexes = [models.Index(fields=["next_at"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook}"
