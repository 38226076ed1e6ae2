"""Who asks: the owner of a token, or anybody. Sessions count for nothing here, so neither do
forged requests of other sites."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.security import HttpBearer

from leaderboard.models import ApiToken
from leaderboard.services import tokens

from . import throttle
from .errors import Refusal, no_token


class Caller(NamedTuple):
    """Whose request it is."""

    user: Any
    token: ApiToken | None


class _Bearer(HttpBearer):
    """A living token with a scope; each request counts for its owner, or for its address."""

    scope = ""
    """Empty: any token will do."""
    needed = True

    def __call__(self, request: HttpRequest) -> Caller:
        given = request.headers.get("Authorization", "")
        kind, _, text = given.partition(" ")
        token = tokens.recognise(text.strip()) if kind.lower() == "bearer" else None
        throttle.check(request, token.user_id if token else None)
        if token is None and (self.needed or given):
            raise no_token()
        if token is not None and self.scope and self.scope not in token.scopes:
            raise _lacks(self.scope)
        return Caller(token.user if token else AnonymousUser(), token)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError("The whole header is read above.")


class AnyToken(_Bearer):
    """A token of any scope."""


class ReadToken(_Bearer):
    """A token that may read."""

    scope = "read"


class PerhapsReadToken(ReadToken):
    """Nobody in particular, or a token that may read."""

    needed = False


class SubmitToken(_Bearer):
    """A token that may hand in."""

    scope = "submit"


class ManageToken(_Bearer):
    """A token that may manage."""

    scope = "manage"


def _lacks(scope: str) -> Refusal:
    may = tokens.MEANING[scope]
    return Refusal(403, "scope", f"This token lacks the scope {scope!r}, which is needed to {may}.")
