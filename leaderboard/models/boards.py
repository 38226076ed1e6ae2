"""Boards as they are shown, built ahead."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from .common import PROTOCOLS, choices
from .runs import Submission


class Board(models.Model):
    """One domain, or an overall board, under one protocol, built ahead: readers compute nothing."""

    domain = models.CharField(max_length=40)
    protocol = models.CharField(max_length=12, choices=choices(PROTOCOLS))
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
