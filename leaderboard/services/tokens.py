"""Keys for the API: made, recognised, revoked. The text of one is shown once and never stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from federated.reading import Problem
from leaderboard.models import ApiToken
from leaderboard.models.people import SCOPES

from .requeue import NotPossible

SHAPE = re.compile(r"fl_[A-Za-z0-9_-]{43}")
SHOWN = 8
"""Characters that are kept, by which its owner recognises one."""
DEFAULT_DAYS, MOST_DAYS = 90, 365
MOST_TOKENS = 50
"""Living ones a person may have."""
LAST_USED_EVERY = timedelta(minutes=1)
MEANING = {
    "read": "see what you may see, your private submissions included",
    "submit": "check, hand in and cancel",
    "manage": "publish, withdraw, and make or revoke tokens",
}


class Made(NamedTuple):
    """A new token: its text, which nobody sees again, and its row."""

    text: str
    row: ApiToken


def make(
    user: Any,
    name: str,
    scopes: Iterable[str],
    days: int = DEFAULT_DAYS,
    not_after: datetime | None = None,
) -> Made:
    """A token for these scopes, which ends with `not_after` at the latest.

    `NotPossible` when there are too many already.
    """
    if living(user).count() >= MOST_TOKENS:
        raise NotPossible(f"You have {MOST_TOKENS} tokens; revoke one before you make another.")
    text = f"fl_{secrets.token_urlsafe(32)}"
    ends = timezone.now() + timedelta(days=days)
    row = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        prefix=text[:SHOWN],
        sha256=_digest(text),
        scopes=[scope for scope in SCOPES if scope in set(scopes)],
        expires=min(ends, not_after or ends),
    )
    return Made(text, row)


def problems(name: str, scopes: Iterable[str], days: int) -> list[Problem]:
    """Everything wrong with what is asked for."""
    found, asked = [], list(scopes)
    if not 0 < len(name.strip()) <= 80 or not name.isprintable():
        found.append(Problem("name", None, "1 to 80 printable characters were wanted"))
    if unknown := [scope for scope in asked if scope not in SCOPES]:
        found.append(
            Problem("scopes", None, f"found {unknown[0]!r:.60}", f"there are {', '.join(SCOPES)}")
        )
    if not asked:
        found.append(Problem("scopes", None, "none given", f"there are {', '.join(SCOPES)}"))
    if not 1 <= days <= MOST_DAYS:
        found.append(Problem("days", None, f"found {days}, 1 to {MOST_DAYS} were wanted"))
    return found


def recognise(text: str) -> ApiToken | None:
    """The living token with this text, its owner beside it; notes that it was used."""
    if not SHAPE.fullmatch(text):
        return None
    digest = _digest(text)
    row = ApiToken.objects.select_related("user").filter(_alive(), sha256=digest).first()
    # The index found equal digests already; this holds where a database compares loosely.
    if row is None or not hmac.compare_digest(row.sha256, digest) or not row.user.is_active:
        return None
    _note_use(row)
    return row


def living(user: Any) -> Any:
    """A person's tokens that still open something, newest first."""
    return ApiToken.objects.filter(_alive(), user=user).order_by("-created", "-pk")


def revoke(user: Any, token_id: int) -> bool:
    """End one of one's own tokens at once; False where there is none."""
    rows = ApiToken.objects.filter(user=user, pk=token_id, revoked_at=None)
    return rows.update(revoked_at=timezone.now()) == 1


def _alive() -> Q:
    return Q(revoked_at=None) & (Q(expires=None) | Q(expires__gt=timezone.now()))


def _note_use(row: ApiToken) -> None:
    """At most once a minute: reading must not write each time."""
    now = timezone.now()
    long_ago = now - LAST_USED_EVERY
    if row.last_used is None or row.last_used < long_ago:
        ApiToken.objects.filter(Q(last_used=None) | Q(last_used__lt=long_ago), pk=row.pk).update(
            last_used=now
        )


def _digest(text: str) -> str:
    """Without salt or stretching: 256 random bits cannot be guessed."""
    return hashlib.sha256(text.encode()).hexdigest()
