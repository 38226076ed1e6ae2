"""Submissions, their attempts, files and scores. Stages move in `stages`; scores never change."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .common import KINDS, PROTOCOLS, TRUST, Immutable, WriteOnce, choices, new_id

VISIBILITIES = ("draft", "private", "public")
"""draft: its owner's alone, not queued. private: the owner's and the team's, on no board."""
STAGE_KEYS = (
    "waiting-training",
    "training",
    "waiting-evaluation",
    "evaluating",
    "published",
    "failed",
    "cancelled",
)
HELD_KEYS = ("training", "evaluating")


class Submission(models.Model):
    """What somebody handed in, with what it names pinned: a recipe, an adapter, outputs, numbers.

    A withdrawn one keeps its row and its page as a tombstone; boards show it no more.
    """

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions"
    )
    team = models.ForeignKey(
        "Team", null=True, blank=True, on_delete=models.PROTECT, related_name="submissions"
    )
    kind = models.CharField(max_length=12, choices=choices(KINDS), default="recipe")
    visibility = models.CharField(max_length=8, choices=choices(VISIBILITIES), default="public")
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    domain = models.CharField(max_length=40)
    method = models.CharField(max_length=40)
    base_model = models.CharField(max_length=120)
    is_control = models.BooleanField(default=False)
    recipe = models.JSONField(default=dict, blank=True)
    """Empty for what was not trained here."""
    recipe_text = models.TextField(blank=True)
    recipe_sha256 = models.CharField(max_length=64, blank=True)
    base_pin = models.JSONField(default=dict, blank=True)
    dataset_pin = models.JSONField(default=dict, blank=True)
    upload = models.CharField(max_length=64, blank=True)
    """Digest of the stored tree that was handed in; empty for a recipe."""
    upload_format = models.CharField(max_length=40, blank=True)
    """What it was recognised as, for example "lm-eval" or "peft"."""
    declared = models.JSONField(default=dict, blank=True)
    """What the submitter said of it: method, base model, cost, licence, links, training data."""
    findings = models.JSONField(default=list, blank=True)
    """Sentences of the checks that did not refuse it: {place, message, hint}."""
    trust = models.CharField(max_length=12, choices=choices(TRUST), default="verified")
    created = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    """When a private one was made public."""
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)
    flagged_at = models.DateTimeField(null=True, blank=True)
    flagged_reason = models.TextField(blank=True)
    """Public; shown on the page and the board."""

    class Meta:
        ordering = ["-created", "id"]
        indexes = [
            models.Index(fields=["owner", "recipe_sha256"], name="submission_same_recipe"),
            models.Index(fields=["upload"], name="submission_same_upload"),
            models.Index(fields=["owner", "-created"], name="submission_of_owner"),
            models.Index(fields=["domain", "-created"], name="submission_of_domain"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(trust__in=TRUST), name="submission_trust_known"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="submission_kind_known"),
            models.CheckConstraint(
                condition=Q(visibility__in=VISIBILITIES), name="submission_visibility_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


class Attempt(models.Model):
    """One try at a submission from training to publication: the row that is the queue."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField(default=1)
    current = models.BooleanField(default=True)
    """The newest attempt of its submission, the one that pages show."""

    stage = models.CharField(max_length=20, choices=choices(STAGE_KEYS), default="waiting-training")
    stage_since = models.DateTimeField()
    fence = models.PositiveIntegerField(default=0)
    """Raised by each claim; writes carry it, so that a late worker is refused."""
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    """Claims of the present stage that were not given back voluntarily."""
    not_before = models.DateTimeField(null=True, blank=True)
    """A retry waits until then."""
    rung_at = models.DateTimeField(null=True, blank=True)
    """When the broker last took a message for this row."""

    done = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0)
    unit = models.CharField(max_length=12, blank=True)

    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    error_hint = models.TextField(blank=True)

    training_job = models.JSONField(null=True, blank=True)
    training_result = models.JSONField(null=True, blank=True)
    evaluation_job = models.JSONField(null=True, blank=True)
    evaluation_result = models.JSONField(null=True, blank=True)
    adapter = models.CharField(max_length=64, blank=True)
    """Digest of the tree that training made."""
    profiles = models.CharField(max_length=64, blank=True)
    """Digest of the file that tells how each client ran."""
    partition = models.CharField(max_length=64, blank=True)
    """Digest of the file that tells what each client holds."""

    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    trained_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-queued_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="attempt_number_once"),
            models.UniqueConstraint(
                fields=["submission"], condition=Q(current=True), name="attempt_one_current"
            ),
            models.CheckConstraint(condition=Q(stage__in=STAGE_KEYS), name="attempt_stage_known"),
            models.CheckConstraint(
                condition=~Q(stage__in=HELD_KEYS)
                | Q(lease_until__isnull=False) & ~Q(lease_owner=""),
                name="attempt_held_under_lease",
            ),
            models.CheckConstraint(
                condition=~Q(stage="failed") | ~Q(error_code=""), name="attempt_failure_has_code"
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "stage_since"], name="attempt_queue"),
            models.Index(fields=["stage", "lease_until"], name="attempt_leases"),
            models.Index(fields=["current", "-queued_at"], name="attempt_listing"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} attempt {self.number}"


class ProgressLine(models.Model):
    """One line of an engine's `progress.jsonl`."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="progress")
    seq = models.PositiveIntegerField()
    stage = models.CharField(max_length=20)
    event = models.CharField(max_length=20)
    data = models.JSONField()

    class Meta:
        ordering = ["attempt", "seq"]
        constraints = [models.UniqueConstraint(fields=["attempt", "seq"], name="progress_seq_once")]


class LogChunk(models.Model):
    """A piece of an engine's output, stored as it appears."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="log")
    seq = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        ordering = ["attempt", "seq"]
        constraints = [models.UniqueConstraint(fields=["attempt", "seq"], name="log_seq_once")]


class Artifact(Immutable):
    """A stored file, known by its content."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    bytes = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=80)
    created = models.DateTimeField(auto_now_add=True)

    objects = WriteOnce.as_manager()

    def __str__(self) -> str:
        return self.sha256


class Score(Immutable):
    """A submission under one suite, evaluator and protocol. Shares are fractions from 0 to 1."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="scores")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="scores")
    suite = models.CharField(max_length=40)
    suite_version = models.CharField(max_length=40)
    evaluator_version = models.CharField(max_length=40)
    protocol = models.CharField(max_length=12, choices=choices(PROTOCOLS))
    average = models.FloatField(null=True)
    stderr = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    corrected = models.FloatField(null=True)
    unscored = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    objects = WriteOnce.as_manager()

    class Meta:
        ordering = ["-created", "protocol"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "suite", "suite_version", "evaluator_version", "protocol"],
                name="score_once",
            ),
            models.CheckConstraint(
                condition=Q(protocol__in=PROTOCOLS), name="score_protocol_known"
            ),
            models.CheckConstraint(
                condition=Q(average__isnull=False) | ~Q(unscored=""), name="score_or_reason"
            ),
        ]
        indexes = [models.Index(fields=["suite", "protocol", "created"], name="score_of_board")]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.protocol} {self.evaluator_version}"


class TaskScore(Immutable):
    """One task of a score, with the digest of the items it was computed from."""

    score = models.ForeignKey(Score, on_delete=models.CASCADE, related_name="tasks")
    position = models.PositiveSmallIntegerField()
    task = models.CharField(max_length=60)
    n = models.PositiveIntegerField()
    accuracy = models.FloatField(null=True)
    stderr = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    chance = models.FloatField()
    corrected = models.FloatField(null=True)
    compliance = models.FloatField(null=True)
    unscored = models.TextField(blank=True)
    items = models.CharField(max_length=64, blank=True)

    objects = WriteOnce.as_manager()

    class Meta:
        ordering = ["score", "position"]
        constraints = [
            models.UniqueConstraint(fields=["score", "task"], name="task_score_once"),
            models.CheckConstraint(
                condition=Q(accuracy__isnull=False) | ~Q(unscored=""), name="task_score_or_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score_id} {self.task}"
