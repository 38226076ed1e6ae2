"""How many requests a minute: counted over the last sixty seconds, for a person or an address."""

from __future__ import annotations

import hashlib
import math
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from .errors import Refusal

MINUTE = 60


def check(request: HttpRequest, user_id: int | None) -> None:
    """Count a request; a `Refusal` that says when to come again if there were too many."""
    if user_id is not None:
        wait = count(f"user-{user_id}", settings.API_A_MINUTE)
    else:
        wait = count(f"address-{address(request)}", settings.API_A_MINUTE_ANONYMOUS)
    if wait:
        raise Refusal(
            429,
            "throttled",
            f"That were too many requests in a minute; come again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )


def count(who: str, limit: int) -> int:
    """Seconds to wait, or 0 when this request is one of the `limit` of the last minute.

    What was counted in the minute before fades as the present one goes on, so that two full
    minutes cannot meet at their border.
    """
    now = time.time()
    minute, gone = int(now // MINUTE), now % MINUTE / MINUTE
    used, before = _raise(f"{who}-{minute}"), int(cache.get(_key(f"{who}-{minute - 1}"), 0))
    if used + before * (1 - gone) <= limit:
        return 0
    _lower(f"{who}-{minute}")
    return _wait(used - 1, before, gone, limit)


def address(request: HttpRequest) -> str:
    """The client's address; what a client itself says of it counts for nothing.

    Behind our own proxy it is the last one in the list, which that proxy added.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) and forwarded:
        return str(forwarded.rpartition(",")[2].strip())
    return str(request.META.get("REMOTE_ADDR", ""))


def _wait(used: int, before: int, gone: float, limit: int) -> int:
    """Until one more would fit: in this minute, or once this minute is the one that fades."""
    if used < limit and before:
        seconds = (1 - (limit - used - 1) / before - gone) * MINUTE
        if seconds <= (1 - gone) * MINUTE:
            return max(1, math.ceil(seconds))
    fading = max(0.0, 1 - (limit - 1) / used) if used else 0.0
    return max(1, math.ceil((1 - gone + fading) * MINUTE))


def _raise(name: str) -> int:
    key = _key(name)
    cache.add(key, 0, 2 * MINUTE)
    try:
        return cache.incr(key)
    except ValueError:  # pushed out in between
        return 1


def _lower(name: str) -> None:
    """What was refused does not count: whoever keeps asking is let in as soon as others are."""
    try:
        cache.decr(_key(name))
    except ValueError:
        return


def _key(name: str) -> str:
    return f"api-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
