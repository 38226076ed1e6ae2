"""What is stored."""

from __future__ import annotations

from .boards import Board, BoardEntry
from .checks import DriftCheck, Notice
from .common import KINDS, PROTOCOLS, TRUST, new_id
from .people import (
    SCOPES,
    ApiToken,
    IdempotencyKey,
    Invitation,
    Membership,
    Preferences,
    QuotaLimit,
    QuotaUse,
    Team,
    Upload,
)
from .records import AuditEvent, Batch, BatchItem, Delivery, Webhook
from .runs import (
    HELD_KEYS,
    STAGE_KEYS,
    VISIBILITIES,
    Artifact,
    Attempt,
    LogChunk,
    ProgressLine,
    Score,
    Submission,
    TaskScore,
)

__all__ = [
    "HELD_KEYS",
    "KINDS",
    "PROTOCOLS",
    "SCOPES",
    "STAGE_KEYS",
    "TRUST",
    "VISIBILITIES",
    "ApiToken",
    "Artifact",
    "Attempt",
    "AuditEvent",
    "Batch",
    "BatchItem",
    "Board",
    "BoardEntry",
    "Delivery",
    "DriftCheck",
    "IdempotencyKey",
    "Invitation",
    "LogChunk",
    "Membership",
    "Notice",
    "Preferences",
    "ProgressLine",
    "QuotaLimit",
    "QuotaUse",
    "Score",
    "Submission",
    "TaskScore",
    "Team",
    "Upload",
    "Webhook",
    "new_id",
]
