"""Handing something in, and the dry run of it. The same body for both."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from ninja import Header, Router
from ninja.responses import NinjaJSONEncoder

from federated.reading import Problem
from leaderboard.models import Submission
from leaderboard.queries import summaries
from leaderboard.services import idempotency, pieces
from leaderboard.services.hand_in import Checked, Refused, check, hand_in
from leaderboard.services.idempotency import Answer

from . import account, bodies, schemas, submissions
from .answers import ERRORS, as_submission
from .auth import SubmitToken
from .bodies import Sent
from .body_schema import BODY
from .errors import refused

router = Router(tags=["submissions"])
KEY = re.compile(r"[\x21-\x7e]{1,120}")
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=120,
        description="Of your choice, one a submission; a request sent again under it changes "
        "nothing and is answered as before.",
    ),
]


@router.post(
    "/validate",
    auth=SubmitToken(),
    response={200: schemas.Checked, 415: schemas.Error, **ERRORS},
    openapi_extra=BODY,
)
def validate(request: HttpRequest) -> Any:
    """A dry run: everything that would speak against it, and what is left to use. Uses nothing."""
    user = request.auth.user  # type: ignore[attr-defined]
    sent = bodies.read(request, user)
    with sent.source() as source:
        found = check(user, source, sent.name, sent.declared, sent.recipe)
    return _checked(request, sent, found)


@submissions.router.post(
    "",
    auth=SubmitToken(),
    response={201: schemas.Submission, 415: schemas.Error, **ERRORS},
    openapi_extra=BODY,
)
def create(request: HttpRequest, key: Key = "") -> HttpResponse:
    """Hand in a recipe, an adapter, outputs or numbers; what it is is told from its content."""
    user = request.auth.user  # type: ignore[attr-defined]
    if key and not KEY.fullmatch(key):
        raise refused([Problem("Idempotency-Key", None, "printable ASCII without spaces wanted")])
    sent = bodies.read(request, user)
    answer = _once(request, user, sent, key) if key else _handed_in(request, user, sent)
    return _response(request, answer)


def _once(request: HttpRequest, user: Any, sent: Sent, key: str) -> Answer:
    """Under a key: done now, or the answer of the first time."""
    if (before := idempotency.begin(user, key, sent.digest)) is not None:
        return before
    try:
        answer = _handed_in(request, user, sent)
    except BaseException:
        idempotency.abandon(user, key)
        raise
    idempotency.finish(user, key, answer)
    return answer


def _handed_in(request: HttpRequest, user: Any, sent: Sent) -> Answer:
    try:
        submission = _hand_in(user, sent)
    except Refused as found:
        raise refused(_merged(sent.problems, found.problems)) from None
    if sent.upload is not None:
        pieces.discard(sent.upload)
    summary = summaries.summary(submission.pk, user)
    body = schemas.Submission(**as_submission(request, summary)).model_dump()
    # As any other answer is written, for it is kept as it is sent.
    return Answer(201, json.loads(json.dumps(body, cls=NinjaJSONEncoder)))


def _hand_in(user: Any, sent: Sent) -> Submission:
    """With problems of the body itself, the dry run finds the others, so that all come at once."""
    with sent.source() as source:
        if sent.problems:
            raise Refused(check(user, source, sent.name, sent.declared, sent.recipe).found.problems)
        return hand_in(
            user,
            source,
            sent.name,
            sent.declared,
            team=sent.team,
            visibility=sent.visibility,
            recipe_text=sent.recipe,
        )


def _checked(request: HttpRequest, sent: Sent, checked: Checked) -> dict[str, Any]:
    found = checked.found
    address = request.build_absolute_uri
    return {
        "found": {name: getattr(found, name) for name in schemas.Found.model_fields},
        "problems": [p._asdict() for p in _merged(sent.problems, found.problems)],
        "warnings": [p._asdict() for p in found.warnings],
        "duplicates": [
            {"id": s.pk, "name": s.name, "url": address(reverse("submission", args=[s.pk]))}
            for s in checked.duplicates
        ],
        "quota": account.as_quota(checked.quota_left),
    }


def _merged(first: Sequence[Problem], more: Sequence[Problem]) -> list[Problem]:
    """Of two at one place the first tells more."""
    told = {problem.place for problem in first}
    return [*first, *(problem for problem in more if problem.place not in told)]


def _response(request: HttpRequest, answer: Answer) -> HttpResponse:
    response = JsonResponse(answer.body, status=answer.status)
    response.headers["Cache-Control"], response.headers["Vary"] = "no-store", "Authorization"
    response.headers["Location"] = answer.body["url"]
    return response
