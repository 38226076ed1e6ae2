"""The questions behind a score: a list of them, one of them, and the stored file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from leaderboard import itemfiles, queries, storage

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NOWHERE = "private, no-store"


@require_safe
def listing(request: HttpRequest, submission_id: str, protocol: str, task: str) -> HttpResponse:
    """The questions of one test, as the address narrows them."""
    page = _found(queries.items_page, submission_id, protocol, task, request.GET, request.user)
    return render(request, "items/list.html", {"page": page, "head": page.head})


@require_safe
def item(
    request: HttpRequest, submission_id: str, protocol: str, task: str, item_id: str
) -> HttpResponse:
    """One question with everything that was answered to it."""
    page = _found(
        queries.item_page, submission_id, protocol, task, item_id, request.GET, request.user
    )
    return render(request, "items/item.html", {"page": page, "head": page.head})


@require_safe
def text(
    request: HttpRequest, submission_id: str, protocol: str, task: str, item_id: str, part: str
) -> HttpResponse:
    """One text exactly as it is stored."""
    found = _found(
        queries.item_text, submission_id, protocol, task, item_id, part, request.GET, request.user
    )
    return HttpResponse(found, content_type="text/plain; charset=utf-8")


@require_safe
def parquet(request: HttpRequest, submission_id: str, protocol: str, task: str) -> HttpResponseBase:
    """The stored file itself; its digest is its tag."""
    file = _found(queries.items_file, submission_id, protocol, task, request.GET, request.user)

    def answer() -> HttpResponseBase:
        stored = _found(storage.open_stored, file.digest)
        return FileResponse(
            stored,
            as_attachment=True,
            filename=f"{file.name}.parquet",
            content_type="application/vnd.apache.parquet",
        )

    return _tagged(request, f'"{file.digest}"', _keep(file), answer)


@require_safe
def json_lines(
    request: HttpRequest, submission_id: str, protocol: str, task: str
) -> HttpResponseBase:
    """The same rows as JSON, one object a line."""
    file = _found(queries.items_file, submission_id, protocol, task, request.GET, request.user)

    def answer() -> HttpResponseBase:
        lines: Iterator[str] = _found(itemfiles.json_lines, file.digest)
        response = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{file.name}.jsonl"'
        return response

    keep = ASK_AGAIN if file.public else NOWHERE
    return _tagged(request, f'W/"{file.digest}"', keep, answer)


def _keep(file: queries.ItemsFile) -> str:
    """What a cache may do with the stored file."""
    if not file.public:
        return NOWHERE
    return FOREVER if file.pinned else ASK_AGAIN


def _tagged(request: HttpRequest, tag: str, keep: str, answer: Any) -> HttpResponseBase:
    """The answer with its tag; 304 without opening anything when the reader has it already."""
    response = get_conditional_response(request, etag=tag) or answer()
    response.headers["ETag"], response.headers["Cache-Control"] = tag, keep
    return response


def _found(read: Any, *asked: Any) -> Any:
    try:
        return read(*asked)
    except (ObjectDoesNotExist, storage.StorageError) as missing:
        raise Http404(str(missing)) from None
