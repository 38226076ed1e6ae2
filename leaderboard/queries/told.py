"""What a person is told, where, and what became of the last messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from leaderboard.models import Delivery, Webhook

LISTED = 20


class Message(NamedTuple):
    """One message to one address."""

    event: str
    url: str
    name: str
    """Of the submission; empty for a test."""
    submission_id: str
    state: str
    tries: int
    error: str
    created: datetime
    next_at: datetime | None


def webhooks(user: Any) -> list[Webhook]:
    """The person's addresses, newest first."""
    return list(Webhook.objects.filter(user=user).defer("secret"))


def messages(user: Any) -> list[Message]:
    """The newest messages to the person's addresses. One query."""
    found = Delivery.objects.filter(webhook__user=user).select_related("webhook")
    return [_message(delivery) for delivery in found.order_by("-created", "-pk")[:LISTED]]


def _message(delivery: Delivery) -> Message:
    about = delivery.payload.get("submission") or {}
    return Message(
        event=delivery.event,
        url=delivery.webhook.url,
        name=about.get("name", ""),
        submission_id=about.get("id", ""),
        state=_state(delivery),
        tries=delivery.tries,
        error=delivery.error,
        created=delivery.created,
        next_at=delivery.next_at if delivery.tries else None,
    )


def _state(delivery: Delivery) -> str:
    if delivery.delivered_at:
        return "taken"
    if delivery.next_at is None:
        return "given up"
    return "tried again later" if delivery.tries else "on its way"
