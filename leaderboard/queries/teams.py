"""Teams as their members see them; to everybody else there is no such team."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from leaderboard.access import is_known, visible
from leaderboard.models import Membership, Submission, Team

from .lists import domain_title

MOST_LISTED = 200


class TeamLine(NamedTuple):
    """One of a person's teams."""

    slug: str
    name: str
    role: str


class Member(NamedTuple):
    """One person in a team."""

    name: str
    role: str
    joined: datetime


class Open(NamedTuple):
    """An invitation that can still be used."""

    id: int
    email: str
    expires: datetime


class Shared(NamedTuple):
    """A submission of the team."""

    submission_id: str
    name: str
    owner: str
    domain_title: str
    visibility: str
    withdrawn: bool
    created: datetime


class TeamPage(NamedTuple):
    """Everything a team's page shows."""

    slug: str
    name: str
    owned: bool
    """Whether the reader is one of its owners."""
    reader: str
    members: tuple[Member, ...]
    invitations: tuple[Open, ...]
    submissions: tuple[Shared, ...]


def teams(user: Any) -> list[TeamLine]:
    """The teams somebody is in. One query."""
    if not is_known(user):
        return []
    rows = Membership.objects.filter(user=user).order_by("team__slug")
    return [TeamLine(*row) for row in rows.values_list("team__slug", "team__name", "role")]


def team_row(slug: str, user: Any) -> Team:
    """The row itself, for a verb; `Team.DoesNotExist` for one that `user` is not in."""
    return Team.objects.get(slug=slug, memberships__user=user.pk)


def team(slug: str, user: Any) -> TeamPage:
    """One team, for its members. Four queries."""
    row = team_row(slug, user)
    found = row.memberships.select_related("user").order_by("joined", "pk")
    members = tuple(Member(one.user.get_username(), one.role, one.joined) for one in found)
    reader = user.get_username()
    owned = any(one.name == reader and one.role == "owner" for one in members)
    return TeamPage(
        row.slug, row.name, owned, reader, members, _open(row) if owned else (), _shared(row, user)
    )


def _open(team: Team) -> tuple[Open, ...]:
    waiting = team.invitations.filter(accepted_at=None, expires__gt=timezone.now())
    return tuple(Open(*row) for row in waiting.values_list("pk", "email", "expires"))


def _shared(team: Team, user: Any) -> tuple[Shared, ...]:
    rows = Submission.objects.filter(visible(user), team=team).select_related("owner")
    return tuple(
        Shared(
            row.pk,
            row.name,
            row.owner.get_username(),
            domain_title(row.domain),
            row.visibility,
            row.withdrawn_at is not None,
            row.created,
        )
        for row in rows.defer("recipe", "recipe_text")[:MOST_LISTED]
    )
