"""What an answer looks like when something is wrong: a code, a sentence, every problem."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import BadRequest, ObjectDoesNotExist, RequestDataTooBig
from django.core.exceptions import SuspiciousOperation as Suspicious
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from federated.reading import Problem
from leaderboard.services.idempotency import KeyInUse
from leaderboard.services.pieces import BadPiece, WrongOffset
from leaderboard.services.quota import OverQuota
from leaderboard.services.requeue import NotPossible
from leaderboard.storage import StorageError

log = logging.getLogger(__name__)

NOT_THERE = "There is nothing here, or nothing that you may see."
CODES = {400: "bad-request", 404: "not-found", 405: "method", 413: "too-large", 422: "refused"}


class Refusal(Exception):
    """An answer other than the wanted one."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.problems, self.headers = tuple(problems), dict(headers or {})


def refused(problems: Sequence[Problem]) -> Refusal:
    """What was sent cannot be taken, for these reasons."""
    count = len(problems)
    words = "1 problem was" if count == 1 else f"{count} problems were"
    return Refusal(422, "refused", f"{words} found.", problems)


def no_token() -> Refusal:
    """Nobody known asked for something that needs somebody."""
    message = "A living token is needed here, as the header `Authorization: Bearer fl_...`."
    return Refusal(401, "token", message, headers={"WWW-Authenticate": "Bearer"})


def as_body(code: str, message: str, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    return {
        "error": {"code": code, "message": message, "problems": [p._asdict() for p in problems]}
    }


def install(api: NinjaAPI) -> None:
    """Answer every exception in the one form."""

    def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
        body = as_body(refusal.code, refusal.message, refusal.problems)
        response = api.create_response(request, body, status=refusal.status)
        for name, value in refusal.headers.items():
            response.headers[name] = value
        return response

    for kind, translate in TRANSLATED.items():
        api.add_exception_handler(kind, lambda r, e, translate=translate: answer(r, translate(e)))


def _invalid(error: Any) -> Refusal:
    return refused([_problem(one) for one in error.errors])


def _problem(error: Mapping[str, Any]) -> Problem:
    """One of pydantic's errors; "body", "query" and "path" are left out of its place."""
    where = [str(part) for part in error["loc"]][1:]
    if where and where[0] in ("given", "asked"):
        where = where[1:]
    message = str(error["msg"]).replace("Input s", "it s")
    return Problem(".".join(where) or str(error["loc"][0]), None, message)


def _offset(error: Any) -> Refusal:
    headers = {"Upload-Offset": str(error.received)}
    return Refusal(409, "offset", str(error), headers=headers)


def _over_quota(error: Any) -> Refusal:
    resets = error.left.resets_at
    seconds = math.ceil((resets - timezone.now()).total_seconds()) if resets else None
    headers = {"Retry-After": str(max(1, seconds))} if seconds is not None else {}
    problem = Problem("quota", None, str(error), "GET /api/v1/quota tells what is left")
    return Refusal(429, "quota", str(error), [problem], headers)


def _key_in_use(error: Any) -> Refusal:
    problem = Problem("Idempotency-Key", None, error.message, error.hint)
    return Refusal(409, "idempotency", error.message, [problem], {"Retry-After": "1"})


def _http(error: Any) -> Refusal:
    status = error.status_code
    return Refusal(status, CODES.get(status, "error"), str(error))


def _unexpected(error: Any) -> Refusal:
    """The reader learns nothing of what is inside; the log does."""
    log.error("The API failed.", exc_info=error)
    return Refusal(500, "internal", "Something went wrong here. It was noted; try again later.")


BAD_BODY = "The body cannot be read as what its Content-Type says."
TRANSLATED: dict[type[Exception], Any] = {
    Exception: _unexpected,
    Refusal: lambda e: e,
    ValidationError: _invalid,
    AuthenticationError: lambda e: no_token(),
    HttpError: _http,
    Http404: lambda e: Refusal(404, "not-found", NOT_THERE),
    ObjectDoesNotExist: lambda e: Refusal(404, "not-found", NOT_THERE),
    StorageError: lambda e: Refusal(404, "not-found", NOT_THERE),
    OverQuota: _over_quota,
    KeyInUse: _key_in_use,
    NotPossible: lambda e: Refusal(409, "not-possible", str(e)),
    WrongOffset: _offset,
    BadPiece: lambda e: Refusal(413, "too-large", str(e)),
    RequestDataTooBig: lambda e: Refusal(413, "too-large", "The body is too large."),
    Suspicious: lambda e: Refusal(400, "bad-request", BAD_BODY),
    BadRequest: lambda e: Refusal(400, "bad-request", BAD_BODY),
    MultiPartParserError: lambda e: Refusal(400, "bad-request", BAD_BODY),
    UnreadablePostError: lambda e: Refusal(400, "bad-request", BAD_BODY),
}
