"""Lists in pages: a cursor is the place after which the next one starts, signed."""

from __future__ import annotations

from typing import Annotated, Any

from django.core import signing
from ninja import Query

from federated.reading import Problem

from .errors import Refusal, refused

MOST = 200
Limit = Annotated[int, Query(ge=1, le=MOST, description=f"How many at most, 1 to {MOST}.")]
Cursor = Annotated[str, Query(max_length=500, description="What the page before named as next.")]


def after(given: str, listing: str) -> list[Any] | None:
    """Where the page starts; None for the first. A cursor of another list is refused."""
    if not given:
        return None
    try:
        place: list[Any] = signing.Signer(salt=f"api.{listing}").unsign_object(given)
    except signing.BadSignature:
        raise _not_ours("not a cursor of this list") from None
    return place


def cursor(place: Any, listing: str) -> str:
    """A place of one list; whoever has it cannot make another."""
    return signing.Signer(salt=f"api.{listing}").sign_object(place)


def page(results: list[Any], limit: int, listing: str, place: Any) -> dict[str, Any]:
    """The page, from up to one result more than it shows; `place` gives a result's own."""
    shown = results[:limit]
    following = cursor(place(shown[-1]), listing) if len(results) > limit else None
    return {"results": shown, "next": following}


def stale() -> Refusal:
    """The list was replaced by another since the cursor was made."""
    return _not_ours("what this cursor belongs to has been replaced")


def _not_ours(message: str) -> Refusal:
    hint = "leave it out to start at the beginning"
    return refused([Problem("cursor", None, message, hint)])
