"""Signed messages to addresses that people registered, about the end of their submissions."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import time
from datetime import timedelta
from http.client import HTTPException
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from leaderboard import outbound, queue
from leaderboard.models import Attempt, Delivery, Score, Webhook

log = logging.getLogger(__name__)

EVENTS = {
    "published": "submission.published",
    "failed": "submission.failed",
    "cancelled": "submission.cancelled",
}
TEST = "test"
MOST = 10
"""Addresses of one person."""
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720)]
"""Before the second try and each one after it; then the message is given up."""
SENDING = timedelta(minutes=2)
"""A try that is not reported back within this may be made by somebody else."""


class Registered(NamedTuple):
    """A new address with its secret, which is not shown again."""

    webhook: Webhook
    secret: str


def register(user: Any, url: str) -> Registered:
    """Tell `url` of this person's submissions from now on; `outbound.Refused` says why not."""
    url = url.strip()
    outbound.check_form(url)
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)  # two at once wait in line
        if user.webhooks.count() >= MOST:
            raise outbound.Refused(f"There are {MOST} addresses already; remove one first.")
        if user.webhooks.filter(url=url).exists():
            raise outbound.Refused("This address is registered already.")
        secret = f"whsec_{secrets.token_urlsafe(32)}"
        return Registered(Webhook.objects.create(user=user, url=url, secret=secret), secret)


def remove(user: Any, webhook_id: int) -> bool:
    """Forget an address and what was to be sent there; False when it is not this person's."""
    return bool(Webhook.objects.filter(user=user, pk=webhook_id).delete()[0])


def send_test(user: Any, webhook_id: int) -> Delivery | None:
    """A message that says only that messages arrive; None when the address is not this person's."""
    webhook = Webhook.objects.filter(user=user, pk=webhook_id).first()
    if webhook is None:
        return None
    queue.ring_messages()
    return _deliver(webhook, TEST, {"event": TEST, "at": timezone.now().isoformat()})


def write(attempt: Attempt) -> int:
    """Write down a message to each address of the owner; how many. In the ending's transaction."""
    event = EVENTS[attempt.stage]
    webhooks = Webhook.objects.filter(user=attempt.submission.owner_id, active=True)
    told = [_deliver(webhook, event, payload(attempt)) for webhook in webhooks]
    return len(told)


def payload(attempt: Attempt) -> dict[str, Any]:
    """What a message says: as little as lets its reader decide whether to look."""
    submission = attempt.submission
    failed = attempt.stage == "failed"
    failure = {
        "code": attempt.error_code,
        "message": attempt.error_message,
        "hint": attempt.error_hint,
    }
    return {
        "event": EVENTS[attempt.stage],
        "at": (attempt.finished_at or timezone.now()).isoformat(),
        "submission": {
            "id": submission.pk,
            "name": submission.name,
            "kind": submission.kind,
            "domain": submission.domain,
            "trust": submission.trust,
            "visibility": submission.visibility,
            "url": f"{settings.SITE_URL}/submissions/{submission.pk}/",
        },
        "attempt": attempt.number,
        "failure": failure if failed else None,
        "scores": [_score(score) for score in Score.objects.filter(attempt=attempt)],
    }


def signature(secret: str, moment: int, body: bytes) -> str:
    """The header's value; the moment is signed too, so that an old message cannot be replayed."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def due() -> Any:
    """Messages whose time has come."""
    return Delivery.objects.filter(next_at__lte=timezone.now())


def send_due() -> int:
    """Send what is due, each message by whoever claims it first; how many were sent."""
    ids = list(due().order_by("next_at").values_list("pk", flat=True)[:200])
    return sum(send(delivery_id) for delivery_id in ids)


def send(delivery_id: int) -> bool:
    """One try; False when it is not due, or somebody else makes it."""
    now = timezone.now()
    claimed = Delivery.objects.filter(Q(next_at__lte=now), pk=delivery_id).update(
        next_at=now + SENDING, tries=F("tries") + 1
    )
    if not claimed:
        return False
    delivery = Delivery.objects.select_related("webhook").get(pk=delivery_id)
    status, error = _try(delivery)
    Delivery.objects.filter(pk=delivery_id, tries=delivery.tries).update(
        **_outcome(delivery.tries, status, error)
    )
    return True


def _try(delivery: Delivery) -> tuple[int | None, str]:
    """The status and, when the message was not taken, why. Nothing of an answer's text is kept:
    it could be read out by whoever named the address."""
    body = json.dumps(delivery.payload, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "leaderboard-webhook/1",
        "X-Leaderboard-Event": delivery.event,
        "X-Leaderboard-Delivery": str(delivery.pk),
        "X-Leaderboard-Signature": signature(delivery.webhook.secret, int(time.time()), body),
    }
    try:
        status = outbound.post(delivery.webhook.url, body, headers)
    except outbound.Refused as refused:
        return None, str(refused)
    except (OSError, HTTPException) as error:
        return None, f"Nobody took it: {type(error).__name__}."
    taken = 200 <= status < 300
    return status, "" if taken else f"Answered with {status}; 200 to 299 was wanted."


def _outcome(tries: int, status: int | None, error: str) -> dict[str, Any]:
    now = timezone.now()
    if not error:
        return {"next_at": None, "delivered_at": now, "status": status, "error": ""}
    again = now + PAUSES[tries - 1] if tries <= len(PAUSES) else None
    return {"next_at": again, "status": status, "error": error}


def _deliver(webhook: Webhook, event: str, said: dict[str, Any]) -> Delivery:
    return Delivery.objects.create(
        webhook=webhook, event=event, payload=said, next_at=timezone.now()
    )


def _score(score: Score) -> dict[str, Any]:
    """Percent, as everywhere that people read."""
    shares = {name: getattr(score, name) for name in ("average", "low", "high")}
    return {
        "protocol": score.protocol,
        **{name: None if share is None else 100 * share for name, share in shares.items()},
        "suite_version": score.suite_version,
        "evaluator_version": score.evaluator_version,
    }
