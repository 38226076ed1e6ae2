"""Submissions that are there: read, cancelled, published, withdrawn."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Query, Router

from leaderboard import queries, services
from leaderboard.domains import DOMAINS
from leaderboard.models import Submission
from leaderboard.queries import summaries
from leaderboard.services import visibility
from leaderboard.services.requeue import NotPossible

from . import paging, schemas
from .answers import ERRORS, as_submission
from .auth import ManageToken, PerhapsReadToken, SubmitToken
from .errors import Refusal, no_token

router = Router(tags=["submissions"])
ONE = {200: schemas.Submission, **ERRORS}


@router.get("", auth=PerhapsReadToken(), response={200: schemas.Submissions, **ERRORS})
def listing(
    request: HttpRequest,
    mine: bool = False,
    domain: str = Query("", max_length=40, description="Of one domain only."),
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> Any:
    """Newest first: what may be seen, or with mine=true all of one's own."""
    user = request.auth.user  # type: ignore[attr-defined]
    if mine and not user.is_authenticated:
        raise no_token()
    if domain and domain not in DOMAINS:
        return {"results": [], "next": None}
    name = f"submissions.{'mine' if mine else 'all'}.{domain}"
    found = summaries.summaries(
        user, mine=mine, domain=domain or None, after=paging.after(cursor, name), limit=limit + 1
    )
    page = paging.page(found, limit, name, summaries.place_of)
    return {**page, "results": [as_submission(request, one) for one in page["results"]]}


@router.get("/{slug:submission_id}", auth=PerhapsReadToken(), response=ONE)
def one(request: HttpRequest, submission_id: str) -> Any:
    """Where it stands and what came of it."""
    return _answer(request, submission_id)


@router.post("/{slug:submission_id}/cancel", auth=SubmitToken(), response=ONE)
def cancel(request: HttpRequest, submission_id: str) -> Any:
    """End its run. What has ended already stays as it is, and is told as 409."""
    user, row = _row(request, submission_id)
    if row.attempts.filter(current=True).exists() and services.cancel(row.pk, user):
        return _answer(request, submission_id)
    _must_be_allowed(user, row)
    raise NotPossible("There is nothing to cancel: it has ended, or it never began.")


@router.post("/{slug:submission_id}/publish", auth=ManageToken(), response=ONE)
def publish(request: HttpRequest, submission_id: str) -> Any:
    """Show a private submission to everybody; hand in a draft."""
    user, row = _row(request, submission_id)
    try:
        visibility.publish(user, row)
    except PermissionDenied:
        raise _not_yours() from None
    return _answer(request, submission_id)


@router.post("/{slug:submission_id}/withdraw", auth=ManageToken(), response=ONE)
def withdraw(request: HttpRequest, submission_id: str, given: schemas.Withdrawal) -> Any:
    """Take it back for good; a page with the reason stays."""
    user, row = _row(request, submission_id)
    try:
        visibility.withdraw(user, row, given.reason)
    except PermissionDenied:
        raise _not_yours() from None
    return _answer(request, submission_id)


def _answer(request: HttpRequest, submission_id: str) -> dict[str, Any]:
    user = request.auth.user  # type: ignore[attr-defined]
    return as_submission(request, summaries.summary(submission_id, user))


def _row(request: HttpRequest, submission_id: str) -> tuple[Any, Submission]:
    user = request.auth.user  # type: ignore[attr-defined]
    return user, queries.submission(submission_id, user)


def _must_be_allowed(user: Any, row: Submission) -> None:
    if not queries.standing(row.pk, user).may_change:
        raise _not_yours()


def _not_yours() -> Refusal:
    """It is public, so that it exists is no secret."""
    return Refusal(403, "forbidden", "Only its owner, the owners of its team and staff may.")
