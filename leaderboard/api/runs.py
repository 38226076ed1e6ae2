"""What a run says as it goes on, the items behind its scores, and its record."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from leaderboard import queries
from leaderboard.queries import streams

from . import paging, schemas
from .answers import ERRORS
from .auth import PerhapsReadToken

router = Router(tags=["runs"])
After = Annotated[
    int,
    Query(ge=0, lt=2**31, description="What the answer before named as last, 0 at the beginning."),
]
MOST_LINES, MOST_CHUNKS = 500, 100


@router.get(
    "/{slug:submission_id}/progress",
    auth=PerhapsReadToken(),
    response={200: schemas.Progress, **ERRORS},
)
def progress(request: HttpRequest, submission_id: str, after: After = 0) -> Any:
    """What the engines told of their progress, from a place onwards."""
    user = request.auth.user  # type: ignore[attr-defined]
    return streams.progress(submission_id, user, after, MOST_LINES)._asdict()


@router.get(
    "/{slug:submission_id}/log", auth=PerhapsReadToken(), response={200: schemas.Log, **ERRORS}
)
def log(request: HttpRequest, submission_id: str, after: After = 0) -> Any:
    """What the engines printed, from a place onwards."""
    user = request.auth.user  # type: ignore[attr-defined]
    return streams.log(submission_id, user, after, MOST_CHUNKS)._asdict()


@router.get(
    "/{slug:submission_id}/items/{slug:protocol}/{slug:task}",
    auth=PerhapsReadToken(),
    response={200: schemas.Items, **ERRORS},
)
def items(
    request: HttpRequest,
    submission_id: str,
    protocol: str,
    task: str,
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> HttpResponse:
    """Every answer to every question of one task, exactly as it is stored."""
    user = request.auth.user  # type: ignore[attr-defined]
    name = f"items.{submission_id}.{protocol}.{task}"
    place = paging.after(cursor, name)
    start = place[0] if place else 0
    digest, rows = streams.item_rows(submission_id, protocol, task, user, start, limit + 1)
    if place and place[1] != digest:
        raise paging.stale()
    more = len(rows) > limit
    following = paging.cursor([start + limit, digest], name) if more else None
    return _joined(rows[:limit], following)


@router.get(
    "/{slug:submission_id}/record",
    auth=PerhapsReadToken(),
    response={200: dict[str, Any], **ERRORS},
)
def record(request: HttpRequest, submission_id: str) -> Any:
    """Everything that decided the scores: jobs, pins, versions, results."""
    user = request.auth.user  # type: ignore[attr-defined]
    return queries.run_record(submission_id, user)


def _joined(rows: list[str], following: str | None) -> HttpResponse:
    """The rows are JSON already."""
    after = "null" if following is None else f'"{following}"'
    content = f'{{"results": [{",".join(row.strip() for row in rows)}], "next": {after}}}'
    response = HttpResponse(content, content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
