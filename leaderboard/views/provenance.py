"""Run records to keep: ours, and the same as Every Eval Ever writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaderboard import queries


@never_cache
@require_safe
def record(request: HttpRequest, submission_id: str) -> HttpResponse:
    """The record of the newest scores, or of the attempt that `?attempt=` numbers."""
    number = request.GET.get("attempt")
    if number is not None and not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise Http404(f"There is no attempt {number}.")
    attempt = None if number is None else int(number)
    found = _found(queries.run_record, submission_id, request.user, attempt)
    return _download(found, f"{submission_id}-{found['attempt']['number']}.json")


@never_cache
@require_safe
def eee(request: HttpRequest, submission_id: str, protocol: str) -> HttpResponse:
    """One score as an Every Eval Ever record; a header says where their datastore keeps it."""
    found = _found(queries.eee_record, submission_id, request.user, protocol)
    response = _download(found.record, found.name)
    response.headers["X-Datastore-Path"] = found.path
    return response


def _download(content: dict[str, Any], name: str) -> HttpResponse:
    response = JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _found(read: Callable[..., Any], *asked: Any) -> Any:
    try:
        return read(*asked)
    except ObjectDoesNotExist as missing:
        raise Http404(str(missing)) from None
