"""What people with power did: one event an act, written in the act's own transaction."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from leaderboard.models import AuditEvent

Json = dict[str, Any]


def note(
    actor: Any,
    action: str,
    obj: Model,
    before: Json | None = None,
    after: Json | None = None,
    reason: str = "",
) -> AuditEvent:
    """Add an event; `actor` is None for the site itself and its command line."""
    return AuditEvent.objects.create(
        actor=actor if getattr(actor, "is_authenticated", False) else None,
        action=action,
        object_type=obj._meta.model_name,
        object_id=str(obj.pk),
        before=before,
        after=after,
        reason=reason,
    )


def of(obj: Model, action: str | None = None) -> list[AuditEvent]:
    """What was done to a row, newest first."""
    acts = AuditEvent.objects.select_related("actor")
    found = acts.filter(object_type=obj._meta.model_name, object_id=str(obj.pk))
    return list(found.filter(action=action) if action else found)
