"""A run's clients: the part of its page about them, and the files behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaderboard import queries, storage
from leaderboard.clients import partition, profiles, tables
from leaderboard.clients.records import Kept

CSV = "text/csv; charset=utf-8"


@never_cache
@require_safe
def section(request: HttpRequest, submission_id: str) -> HttpResponseBase:
    """Only the part of the page about clients, for when training has ended."""
    page = _found(queries.clients, submission_id, request.GET, request.user)
    return render(request, "runs/clients.html", {"page": page})


@require_safe
def json_lines(request: HttpRequest, submission_id: str) -> HttpResponseBase:
    """How each client ran, exactly as the engine wrote it."""
    file = _found(queries.clients_file, submission_id, "profiles", request.user)
    return _stored(request, file, "jsonl", "application/jsonl; charset=utf-8")


@require_safe
def turns_csv(request: HttpRequest, submission_id: str) -> HttpResponseBase:
    """A line a turn of a client."""
    file = _found(queries.clients_file, submission_id, "profiles", request.user)
    return _table(request, file, lambda: tables.turns_csv(_whole(file)))


@require_safe
def rounds_csv(request: HttpRequest, submission_id: str) -> HttpResponseBase:
    """A line a round."""
    file = _found(queries.clients_file, submission_id, "profiles", request.user)
    file = file._replace(name=f"{submission_id}-rounds")
    return _table(request, file, lambda: tables.rounds_csv(_whole(file)))


@require_safe
def partition_json(request: HttpRequest, submission_id: str) -> HttpResponseBase:
    """Who holds what, exactly as the engine wrote it."""
    file = _found(queries.clients_file, submission_id, "partition", request.user)
    return _stored(request, file, "json", "application/json")


@require_safe
def partition_csv(request: HttpRequest, submission_id: str) -> HttpResponseBase:
    """A line a client."""
    file = _found(queries.clients_file, submission_id, "partition", request.user)
    return _table(request, file, lambda: tables.holdings_csv(partition.partition(file.digest)))


def _whole(file: Kept) -> profiles.Profile:
    """Every round, also of a file that is too long for a page."""
    return profiles.parse(storage.read(file.digest))


def _stored(request: HttpRequest, file: Kept, ending: str, kind: str) -> HttpResponseBase:
    """The stored file itself."""

    def answer() -> HttpResponseBase:
        opened = _found(storage.open_stored, file.digest)
        name = f"{file.name}.{ending}"
        return FileResponse(opened, as_attachment=True, filename=name, content_type=kind)

    return _tagged(request, file, f'"{file.digest}"', answer)


def _table(request: HttpRequest, file: Kept, read: Callable[[], Iterator[str]]) -> HttpResponseBase:
    """What the file says as comma-separated lines."""

    def answer() -> HttpResponseBase:
        response = StreamingHttpResponse(_found(read), content_type=CSV)
        response.headers["Content-Disposition"] = f'attachment; filename="{file.name}.csv"'
        return response

    return _tagged(request, file, f'W/"{file.name}-{file.digest}"', answer)


def _tagged(
    request: HttpRequest, file: Kept, tag: str, answer: Callable[[], Any]
) -> HttpResponseBase:
    """304 without opening anything when the reader has it already."""
    response: HttpResponseBase = get_conditional_response(request, etag=tag) or answer()
    keep = "no-cache" if file.public else "private, no-store"
    response.headers["ETag"], response.headers["Cache-Control"] = tag, keep
    return response


def _found(read: Callable[..., Any], *asked: Any) -> Any:
    try:
        return read(*asked)
    except (ObjectDoesNotExist, storage.StorageError) as missing:
        raise Http404(str(missing)) from None
