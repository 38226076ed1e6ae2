"""What is stored. Stages move in `stages`; scores and artifacts are written once, never changed."""

from __future__ import annotations

import secrets
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q

TRUST = ("verified", "evaluated", "recomputed", "reported")
PROTOCOLS = ("clean", "official")
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

# Without vowels no words appear by chance, without 0/1/l none are misread.
ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"


def new_id() -> str:
    """A short id that can be read out: 27^8, about 2.8e11 of them."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(8))


def _choices(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(key, key) for key in keys]


class Immutable(models.Model):
    """A row that is written once: saving it again is refused."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse(self)
        super().save(*args, **{**kwargs, "force_insert": True})


class WriteOnce(models.QuerySet):
    """A query set without an update path."""

    def update(self, **fields: Any) -> NoReturn:
        _refuse(self.model)

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(self.model)


def _refuse(found: Any) -> NoReturn:
    name = found._meta.verbose_name
    raise TypeError(f"A {name} never changes once it is stored; a new one has to be added.")


class Submission(models.Model):
    """A recipe somebody handed in, with what it names pinned."""

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions"
    )
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    domain = models.CharField(max_length=40)
    method = models.CharField(max_length=40)
    base_model = models.CharField(max_length=120)
    is_control = models.BooleanField(default=False)
    recipe = models.JSONField()
    recipe_text = models.TextField()
    recipe_sha256 = models.CharField(max_length=64)
    base_pin = models.JSONField()
    dataset_pin = models.JSONField()
    trust = models.CharField(max_length=12, choices=_choices(TRUST), default="verified")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "id"]
        indexes = [
            models.Index(fields=["owner", "recipe_sha256"], name="submission_same_recipe"),
            models.Index(fields=["owner", "-created"], name="submission_of_owner"),
            models.Index(fields=["domain", "-created"], name="submission_of_domain"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(trust__in=TRUST), name="submission_trust_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


class Attempt(models.Model):
    """One try at a submission from training to publication: the row that is the queue."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField(default=1)
    current = models.BooleanField(default=True)
    """The newest attempt of its submission, the one that pages show."""

    stage = models.CharField(
        max_length=20, choices=_choices(STAGE_KEYS), default="waiting-training"
    )
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
    protocol = models.CharField(max_length=12, choices=_choices(PROTOCOLS))
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


class Board(models.Model):
    """One domain, or an overall board, under one protocol, built ahead: readers compute nothing."""

    domain = models.CharField(max_length=40)
    protocol = models.CharField(max_length=12, choices=_choices(PROTOCOLS))
    dirty = models.BooleanField(default=False)
    sequence = models.PositiveIntegerField(default=0)
    built_at = models.DateTimeField(null=True, blank=True)
    suite_version = models.CharField(max_length=40, blank=True)
    evaluator_version = models.CharField(max_length=40, blank=True)
    ranked = models.PositiveIntegerField(default=0)
    """Entries that carry a rank."""
    items = models.PositiveIntegerField(default=0)
    pairs = models.PositiveIntegerField(default=0)
    """Pairs of entries that were tested for the rank intervals; 0 where there are none."""
    paired = models.PositiveIntegerField(default=0)
    """Those of them that were tested on shared items."""
    axis_low = models.FloatField(default=0)
    axis_high = models.FloatField(default=100)

    class Meta:
        ordering = ["domain", "protocol"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "protocol"], name="board_once"),
            models.CheckConstraint(
                condition=Q(protocol__in=PROTOCOLS), name="board_protocol_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain} {self.protocol}"


class BoardEntry(models.Model):
    """One row of a board as it is shown. Shares are percent, sizes in the unit their name says."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="entries")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="entries")
    position = models.PositiveIntegerField()
    rank = models.PositiveIntegerField(null=True)
    rank_low = models.PositiveIntegerField(null=True)
    """The best rank the entry may have, given what can be told apart."""
    rank_high = models.PositiveIntegerField(null=True)
    tier = models.PositiveIntegerField(null=True)
    """Group of entries, from 1, none of which is significantly below the group's first."""
    borda = models.FloatField(null=True)
    """Points over the domains; on overall boards only."""
    name = models.CharField(max_length=80)
    owner = models.CharField(max_length=150)
    method = models.CharField(max_length=40)
    method_title = models.CharField(max_length=80)
    base_model = models.CharField(max_length=120)
    trust = models.CharField(max_length=12)
    is_control = models.BooleanField()
    average = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    corrected = models.FloatField(null=True)
    unscored = models.TextField(blank=True)
    tasks = models.JSONField()
    gigabytes = models.FloatField(null=True)
    trained_millions = models.FloatField(null=True)
    memory_gigabytes = models.FloatField(null=True)
    seconds = models.FloatField(null=True)
    rounds = models.PositiveIntegerField(null=True)
    submitted_at = models.DateTimeField()

    class Meta:
        ordering = ["board", "position"]
        constraints = [
            models.UniqueConstraint(fields=["board", "submission"], name="entry_once"),
            models.UniqueConstraint(fields=["board", "position"], name="entry_position_once"),
            models.CheckConstraint(
                condition=Q(rank__isnull=True) | Q(is_control=False), name="entry_control_unranked"
            ),
            models.CheckConstraint(
                condition=Q(rank_low__isnull=True)
                | Q(rank_low__lte=F("rank"), rank_high__gte=F("rank")),
                name="entry_rank_within_interval",
            ),
        ]
        indexes = [models.Index(fields=["board", "rank"], name="entry_by_rank")]

    def __str__(self) -> str:
        return f"{self.board_id} {self.position} {self.name}"
