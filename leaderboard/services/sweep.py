"""The timer of every stage: rings for what waits, moves what is stuck, deletes what is left."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from leaderboard import jobs, queue, stages
from leaderboard.models import Attempt, Board

from . import batches, pieces, telling
from .boards import rebuild_board
from .incoming import clear_incoming

log = logging.getLogger(__name__)

RING_AGAIN = timedelta(seconds=60)
RING_AT_ONCE = 20
"""Doorbells a sweep rings: a long queue must not fill the broker while all workers are busy."""


def sweep() -> None:
    """Do everything that is due. Any number may run at once; each move happens once."""
    for step in (
        give_back_expired,
        ring_waiting,
        rebuild_dirty,
        delete_left_over,
        pieces.clear,
        batches.settle,
        telling.send_beside,
    ):
        try:
            step()
        except Exception:
            # One step's trouble (a full disk, a broken board) must not keep rows stuck.
            log.exception("The sweep's step %s failed; it is tried again.", step.__name__)


def give_back_expired() -> None:
    """Rows whose worker is gone wait again, or fail after MAX_TRIES."""
    expired = Q(lease_until__lt=timezone.now())
    for attempt in Attempt.objects.filter(expired, stage__in=stages.HELD):
        row = (attempt.pk, attempt.stage, attempt.fence)
        if attempt.tries >= settings.MAX_TRIES:
            telling.end(*row, "failed", only_if=expired, **_worker_lost(attempt))
        elif stages.move(*row, stages.GIVEN_BACK[attempt.stage], only_if=expired):
            log.warning("%s was given back: %s is gone.", attempt, attempt.lease_owner)
            queue.ring(attempt.pk)


def _worker_lost(attempt: Attempt) -> dict[str, Any]:
    return {
        "error_code": "worker-lost",
        "error_message": f"The worker was lost {attempt.tries} times while "
        f"{stages.STAGES[attempt.stage].title.lower()}.",
        "error_hint": "The run may need more memory than the workers have. Submit it again when "
        "they are well, or with a smaller batch size.",
    }


def ring_waiting() -> None:
    """Ring for the oldest rows whose doorbell was lost or long ago."""
    now = timezone.now()
    due = Attempt.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        Q(rung_at=None)
        | Q(rung_at__lt=now - RING_AGAIN)
        | Q(rung_at__lt=F("stage_since"))
        | Q(rung_at__lt=F("not_before")),
        stage__in=stages.WAITING,
    )
    for attempt_id in due.order_by("stage_since").values_list("pk", flat=True)[:RING_AT_ONCE]:
        queue.ring(attempt_id)


def rebuild_dirty() -> None:
    """Boards whose doorbell was lost."""
    for domain, protocol in Board.objects.filter(dirty=True).values_list("domain", "protocol"):
        rebuild_board(domain, protocol)


def delete_left_over() -> None:
    """On this machine: job directories of attempts that have ended or are gone, and uploads that
    were being unpacked when their process ended."""
    kept = jobs.kept()
    live = Attempt.objects.filter(pk__in=kept, stage__in=stages.LIVE)
    for attempt_id in set(kept) - set(live.values_list("pk", flat=True)):
        jobs.discard(attempt_id)
    clear_incoming()
