"""The database row is the queue; the broker's message is only a doorbell.

A claim is a conditional update: whoever makes it holds the row under a lease, and every later
write of theirs carries the claim's fence. Losing the race is normal and answered with None.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from . import stages
from .models import Attempt

log = logging.getLogger(__name__)


class Claim(NamedTuple):
    """The right to write to an attempt, until somebody else holds a higher fence."""

    attempt_id: int
    stage: str
    fence: int
    until: datetime
    """End of the lease when it was claimed or last renewed."""


def ring(attempt_id: int) -> None:
    """Tell the workers, once the transaction that made the row wait has been committed."""
    transaction.on_commit(lambda: _send("leaderboard.work", attempt_id))


def ring_board(domain: str, protocol: str) -> None:
    """Ask for a rebuild after commit; if nobody hears it, the sweep rebuilds."""
    transaction.on_commit(lambda: _send("leaderboard.rebuild", domain, protocol))


def ring_messages() -> None:
    """Ask for messages to be sent after commit; if nobody hears it, the sweep sends them."""
    transaction.on_commit(lambda: _send("leaderboard.messages"))


def _send(task: str, *arguments: int | str) -> None:
    """Send by name; a broker that is down costs a delay until the next sweep, never an error."""
    from .celery import app

    try:
        app.send_task(task, args=arguments, retry=False)
    except Exception:
        log.exception(
            "The broker took no message for %s%s; the sweep will see to it.", task, arguments
        )
        return
    if task == "leaderboard.work":
        Attempt.objects.filter(pk=arguments[0]).update(rung_at=timezone.now())


def claim(attempt_id: int, owner: str) -> Claim | None:
    """Hold the attempt if it waits; None when there is nothing to do or somebody was faster."""
    row = Attempt.objects.filter(pk=attempt_id, stage__in=stages.WAITING).first()
    if row is None:
        return None
    now, to = timezone.now(), stages.CLAIMED[row.stage]
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    moved = stages.move(
        row.pk,
        row.stage,
        row.fence,
        to,
        only_if=Q(not_before=None) | Q(not_before__lte=now),
        lease_owner=owner[:120],
        lease_until=until,
        heartbeat_at=now,
        tries=F("tries") + 1,
        started_at=Coalesce(F("started_at"), now),
        not_before=None,
    )
    return Claim(row.pk, to, row.fence + 1, until) if moved else None


def heartbeat(held: Claim) -> Claim | None:
    """Renew the lease; None when the row is no longer ours and the work has to stop."""
    now = timezone.now()
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    try:
        renewed = _held(held).update(lease_until=until, heartbeat_at=now)
    except OperationalError:
        return held if _wait_for_database(held) else None
    return held._replace(until=until) if renewed else None


def holds(held: Claim) -> bool:
    """Whether the row is still ours; cheap enough to ask every second."""
    try:
        return _held(held).exists()
    except OperationalError:
        return _wait_for_database(held)


def keep(held: Claim, **fields: Any) -> bool:
    """Write fields of the row, if it is still ours."""
    return _held(held).update(**fields) == 1


def _wait_for_database(held: Claim) -> bool:
    """A database that is away for a moment must not end hours of training; the lease's end does."""
    log.exception("The database did not answer for attempt %s.", held.attempt_id)
    connection.close()
    return timezone.now() < held.until


def release(held: Claim) -> bool:
    """Give the row back unfinished, so that another worker goes on at once."""
    given_back = stages.move(
        held.attempt_id,
        held.stage,
        held.fence,
        stages.GIVEN_BACK[held.stage],
        tries=F("tries") - 1,
    )
    if given_back:
        ring(held.attempt_id)
    return given_back


def _held(held: Claim) -> QuerySet[Attempt]:
    return Attempt.objects.filter(pk=held.attempt_id, stage=held.stage, fence=held.fence)
