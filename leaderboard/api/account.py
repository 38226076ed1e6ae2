"""Who a token belongs to, and what they may still use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from leaderboard.models import Membership
from leaderboard.services import quota

from . import schemas
from .answers import ERRORS
from .auth import AnyToken, ReadToken

router = Router(tags=["account"])


@router.get("/me", auth=AnyToken(), response={200: schemas.Me, **ERRORS})
def me(request: HttpRequest) -> Any:
    """Whose token this is, what it may do, and their teams."""
    user, token = request.auth  # type: ignore[attr-defined]
    rows = Membership.objects.filter(user=user).select_related("team")
    teams = [{"slug": m.team.slug, "name": m.team.name, "role": m.role} for m in rows]
    name = user.get_username()
    return {"username": name, "is_staff": user.is_staff, "teams": teams, "token": token}


@router.get("/quota", auth=ReadToken(), response={200: schemas.Quotas, **ERRORS})
def quotas(request: HttpRequest) -> Any:
    """What is left today, and when it starts again."""
    user = request.auth.user  # type: ignore[attr-defined]
    return {what: as_quota(quota.left(user, what)) for what in ("submissions", "storage")}


def as_quota(left: quota.Left) -> dict[str, Any]:
    return {**left._asdict(), "remaining": left.remaining}
