"""Who is told that an attempt has ended: written down with the ending, sent afterwards."""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.db import connection, transaction

from leaderboard import queue, stages
from leaderboard.models import Attempt

from . import notices, quota, webhooks

log = logging.getLogger(__name__)

SENDING = threading.Lock()


def end(attempt_id: int, stage: str, fence: int, to: str, **fields: Any) -> bool:
    """Move an attempt to its end as `stages.move` does, and write down who is to be told.

    What failed through a fault of ours uses no quota.
    """
    with transaction.atomic():
        moved = stages.move(attempt_id, stage, fence, to, **fields)
        if moved:
            quota.give_back_failed(_whole(attempt_id))
            tell(attempt_id)
    return moved


def tell(attempt_id: int) -> None:
    """Write down the messages of an attempt that ends. To be called in its transaction, which
    a defect in here does not undo."""
    try:
        with transaction.atomic():
            _write(attempt_id)
    except Exception:
        log.exception("Nobody is told of the end of attempt %s.", attempt_id)


def _write(attempt_id: int) -> None:
    """Of a re-evaluation that staff started its submitter is not told: nothing is asked of them."""
    attempt = _whole(attempt_id)
    if attempt.batchitem_set.exists():
        return
    if webhooks.write(attempt) + notices.write(attempt):
        queue.ring_messages()


def _whole(attempt_id: int) -> Attempt:
    return Attempt.objects.select_related("submission__owner").get(pk=attempt_id)


def send_messages() -> None:
    """Send what is due."""
    for send_due in (webhooks.send_due, notices.send_due):
        try:
            send_due()
        except Exception:
            log.exception("%s stopped; the next sweep goes on.", send_due.__module__)


def send_beside() -> None:
    """The same in a thread of its own: a slow receiver must not hold up the run of a busy worker.

    One a process; does nothing when nothing is due.
    """
    if (webhooks.due().exists() or notices.due().exists()) and SENDING.acquire(blocking=False):
        threading.Thread(target=_send_and_leave, name="messages", daemon=True).start()


def _send_and_leave() -> None:
    try:
        send_messages()
    finally:
        connection.close()
        SENDING.release()
