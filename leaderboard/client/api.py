"""Requests to the API: tried again where that is safe, answered or raised as one of our errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import httpx

from . import __version__
from .errors import Broken, ClientError, Conflict, Forbidden, Gone, Limited, Refused, Unreachable

Json = dict[str, Any]

TRIES = 5
FIRST_WAIT = 0.5
PASSING = {502, 503, 504}
"""Answers of a server that is about to be back."""
BEING_ANSWERED = "idempotency"
"""The same request came before, and its answer is not there yet."""


class Api:
    """One server under one token."""

    def __init__(
        self, server: str, token: str = "", sleep: Callable[[float], None] = time.sleep
    ) -> None:
        headers = {"User-Agent": f"flboard/{__version__}", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.server, self.sleep = server, sleep
        # A redirect is not followed: the token is for this server only.
        self.http = httpx.Client(
            base_url=f"{server}/api/v1", headers=headers, timeout=httpx.Timeout(60, connect=10)
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at a path; parameters that are None are left out."""
        given = {key: value for key, value in params.items() if value is not None}
        return _json(self.call("GET", path, params=given))

    def post(self, path: str, **request: Any) -> Any:
        """The JSON answer to a POST; `again` says that a second one would do nothing more."""
        return _json(self.call("POST", path, **request))

    def pages(self, path: str, **params: Any) -> Iterator[Json]:
        """Every result of a list."""
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **params)
            yield from page["results"]
            cursor = page.get("next")
            if not cursor:
                return

    def call(
        self, method: str, path: str, again: bool | None = None, **request: Any
    ) -> httpx.Response:
        """The answer of a request that went well; sent several times where that is safe."""
        safe = method in ("GET", "HEAD") if again is None else again
        tries = TRIES if safe else 1
        for number in range(1, tries + 1):
            try:
                return _checked(self._send(method, path, request))
            except (Unreachable, Conflict) as error:
                if number == tries or not _passes(error):
                    raise
                self.sleep(FIRST_WAIT * 2 ** (number - 1))
        raise AssertionError("a request is tried at least once")

    def _send(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        try:
            return self.http.request(method, path, **request)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise Unreachable(
                f"{self.server} cannot be reached: {reason}", "is --server right?"
            ) from None


def _passes(error: Unreachable | Conflict) -> bool:
    """Whether another try may go better."""
    if isinstance(error, Conflict):
        return error.code == BEING_ANSWERED
    return not isinstance(error, Broken)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    if answer.is_redirect:
        target = answer.headers.get("Location", "another address")
        raise Broken(f"the server points to {target}", "use that address with --server")
    raise _error(answer)


def _error(answer: httpx.Response) -> ClientError:
    """What an answer of 400 and above means."""
    error = _error_body(answer)
    message = str(error.get("message") or f"the server answered {answer.status_code}")
    more: Json = {"code": str(error.get("code") or ""), "problems": error.get("problems") or ()}
    match answer.status_code:
        case 401:
            return Forbidden(message, "flboard login", **more)
        case 403:
            return Forbidden(message, **more)
        case 404 | 410:
            return Gone(message, **more)
        case 409:
            return Conflict(message, **more)
        case 429:
            wait = _seconds(answer.headers.get("Retry-After"))
            return Limited(message, f"again in {wait:.0f} s", retry_after=wait, **more)
        case status if status >= 500:
            kind = Unreachable if status in PASSING else Broken
            return kind(f"the server failed ({status}): {message}", "try again later", **more)
        case _:
            return Refused(message, **more)


def _error_body(answer: httpx.Response) -> Json:
    try:
        found = answer.json().get("error")
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _json(answer: httpx.Response) -> Any:
    if not answer.content:
        return {}
    try:
        return answer.json()
    except ValueError:
        raise Broken("the answer is no JSON", "is --server a leaderboard?") from None


def _seconds(header: str | None) -> float:
    try:
        return max(1.0, float(header or ""))
    except ValueError:
        return 60.0
