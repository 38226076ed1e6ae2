"""One's tokens, for programs: none can make one that may more or lasts longer."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Status

from federated.reading import Problem
from leaderboard.services import tokens

from . import schemas
from .answers import ERRORS
from .auth import ManageToken
from .errors import refused

router = Router(tags=["tokens"])


@router.get("", auth=ManageToken(), response={200: schemas.Tokens, **ERRORS})
def listing(request: HttpRequest) -> Any:
    """The living ones, newest first; there are never more than a page of them."""
    user = request.auth.user  # type: ignore[attr-defined]
    return {"results": list(tokens.living(user)), "next": None}


@router.post("", auth=ManageToken(), response={201: schemas.NewToken, **ERRORS})
def make(request: HttpRequest, given: schemas.TokenGiven) -> Any:
    """A new one; its text is in this answer and nowhere else."""
    user, own = request.auth  # type: ignore[attr-defined]
    problems = tokens.problems(given.name, given.scopes, given.days)
    if wider := sorted(set(given.scopes) - set(own.scopes)):
        held = f"the token that asks has {', '.join(own.scopes)}"
        problems.append(Problem("scopes", None, f"{wider[0]!r:.60} cannot be given on", held))
    if problems:
        raise refused(problems)
    made = tokens.make(user, given.name, given.scopes, given.days, own.expires)
    shown = {name: getattr(made.row, name) for name in schemas.Token.model_fields}
    return Status(201, {**shown, "token": made.text})


@router.delete("/{int:token_id}", auth=ManageToken(), response={204: None, **ERRORS})
def revoke(request: HttpRequest, token_id: int) -> Any:
    """End one at once, the one that asks included."""
    user = request.auth.user  # type: ignore[attr-defined]
    if token_id >= 2**63 or not tokens.revoke(user, token_id):
        raise Http404
    return Status(204, None)
