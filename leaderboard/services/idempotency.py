"""A request that is sent again gets the answer of the first, and does nothing a second time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from leaderboard.models import IdempotencyKey

KEPT = timedelta(days=1)


class Answer(NamedTuple):
    """What was answered to the first request."""

    status: int
    body: Any


class KeyInUse(Exception):
    """The key belongs to another request, or the first one is still being answered."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def begin(user: Any, key: str, digest: str) -> Answer | None:
    """Claim a key for a request; the stored answer where it was answered before.

    Of several at once exactly one gets None and goes on; the others get `KeyInUse`. A claim whose
    process died stays until it is forgotten: what it did is not known, and must not be done twice.
    """
    forgotten = timezone.now() - KEPT
    IdempotencyKey.objects.filter(user=user, created__lt=forgotten).delete()
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(user=user, key=key, request_sha256=digest)
    except IntegrityError:
        return _answered(IdempotencyKey.objects.filter(user=user, key=key).first(), digest)
    return None


def finish(user: Any, key: str, answer: Answer) -> None:
    """Keep the answer for whoever asks again."""
    rows = IdempotencyKey.objects.filter(user=user, key=key)
    rows.update(status=answer.status, response=answer.body)


def abandon(user: Any, key: str) -> None:
    """Nothing was done: the key may be used again."""
    IdempotencyKey.objects.filter(user=user, key=key, status=None).delete()


def _answered(row: IdempotencyKey | None, digest: str) -> Answer:
    if row is not None and row.request_sha256 != digest:
        raise KeyInUse(
            "This Idempotency-Key was sent with another request.",
            "Use a new key for a new request.",
        )
    if row is None or row.status is None:
        raise KeyInUse(
            "The first request with this Idempotency-Key is still being answered.",
            "Send it again in a moment; look at your submissions if it stays so.",
        )
    return Answer(row.status, row.response)
