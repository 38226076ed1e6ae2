"""Teams: found one, invite by e-mail, join, leave, hand over. Each a transaction under the team's
row, so that two who leave at once cannot leave it without an owner.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from leaderboard.models import Invitation, Membership, Team

from . import audit
from .requeue import NotPossible

VALID = timedelta(days=7)
MOST_TEAMS, MOST_MEMBERS, MOST_OPEN = 20, 50, 20
LONGEST_NAME = 80


def create(user: Any, name: str) -> Team:
    """A team with `user` as its owner; its address is made from its name and never changes."""
    name = " ".join(name.split())
    slug = slugify(name)[:40].strip("-")
    if not slug or len(name) > LONGEST_NAME:
        raise NotPossible(
            f"{name[:LONGEST_NAME]!r} was given; a name of 1 to {LONGEST_NAME} characters with at "
            "least one letter or figure from a to z and 0 to 9 is wanted."
        )
    if Membership.objects.filter(user=user, role="owner").count() >= MOST_TEAMS:
        raise NotPossible(f"You own {MOST_TEAMS} teams already, which is the most there may be.")
    try:
        with transaction.atomic():
            team = Team.objects.create(slug=slug, name=name)
            Membership.objects.create(team=team, user=user, role="owner")
    except IntegrityError:
        raise NotPossible(f"There is a team at the address {slug!r} already.") from None
    return team


def invite(user: Any, team: Team, email: str) -> str:
    """Invite an address; answers the secret of the link, which is stored as its hash only."""
    email = _address(email)
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        _owned(user, team)
        waiting = team.invitations.filter(accepted_at=None, expires__gt=now)
        waiting.filter(email__iexact=email).update(expires=now)  # the newest link is the valid one
        if waiting.count() >= MOST_OPEN:
            raise NotPossible(f"{MOST_OPEN} invitations are open; withdraw one or wait for a week.")
        Invitation.objects.create(
            team=team,
            email=email,
            secret_sha256=hashed(secret),
            invited_by=user,
            expires=now + VALID,
        )
    return secret


def withdraw_invitation(user: Any, team: Team, invitation_id: int) -> None:
    """Make a link useless that was not used yet."""
    with transaction.atomic():
        _owned(user, team)
        team.invitations.filter(pk=invitation_id, accepted_at=None).delete()


def accept(user: Any, secret: str, proven: Callable[[Any], set[str]]) -> Team:
    """Join with a link that was sent to an address of one's own; a link is used once.

    `proven` answers the addresses that `user` has shown to be theirs, in small letters.
    """
    with transaction.atomic():
        found = Invitation.objects.select_related("team").filter(secret_sha256=hashed(secret))
        invitation = found.filter(accepted_at=None, expires__gt=timezone.now()).first()
        if invitation is None:
            raise NotPossible("This invitation is used, withdrawn or older than seven days.")
        if invitation.email.lower() not in proven(user):
            raise NotPossible(
                "This invitation was sent to another address than those you have confirmed. Add "
                "and confirm the address it was sent to under your account, then open it again."
            )
        members = Membership.objects.filter(team=_locked(invitation.team))
        if members.count() >= MOST_MEMBERS:
            raise NotPossible(f"{invitation.team} has {MOST_MEMBERS} members, which is the most.")
        used = Invitation.objects.filter(pk=invitation.pk, accepted_at=None)
        if not used.update(accepted_at=timezone.now()):
            raise NotPossible("This invitation has been used meanwhile.")
        members.get_or_create(user=user, defaults={"team": invitation.team})
        audit.note(user, "join", invitation.team, after={"member": user.get_username()})
    return invitation.team


def remove(user: Any, team: Team, name: str) -> None:
    """Leave, or as an owner take somebody out; the last owner stays."""
    with transaction.atomic():
        _locked(team)
        gone = _member(team, name)
        if gone.user_id != user.pk:
            _owned(user, team)
        _keep_an_owner(team, gone, "leave")
        gone.delete()
        audit.note(user, "leave", team, before={"member": name})


def set_role(user: Any, team: Team, name: str, role: str) -> None:
    """Make a member an owner, or an owner a member."""
    if role not in ("owner", "member"):
        raise NotPossible(f"{role!r} was given; owner or member was wanted.")
    with transaction.atomic():
        _owned(user, team)
        member = _member(team, name)
        if role == "member":
            _keep_an_owner(team, member, "become a member")
        Membership.objects.filter(pk=member.pk).update(role=role)
        audit.note(
            user,
            "role",
            team,
            {"member": name, "role": member.role},
            {"member": name, "role": role},
        )


def hashed(secret: str) -> str:
    """What is stored of a secret."""
    return sha256(secret.encode()).hexdigest()


def _locked(team: Team) -> Team:
    return Team.objects.select_for_update().get(pk=team.pk)


def _owned(user: Any, team: Team) -> None:
    """Under the team's lock: only its owners go on."""
    _locked(team)
    if not Membership.objects.filter(team=team, user=user, role="owner").exists():
        raise PermissionDenied


def _member(team: Team, name: str) -> Membership:
    named = get_user_model().USERNAME_FIELD
    member = Membership.objects.filter(team=team, **{f"user__{named}": name}).first()
    if member is None:
        raise NotPossible(f"{name!r} is not in {team}.")
    return member


def _keep_an_owner(team: Team, member: Membership, verb: str) -> None:
    others = Membership.objects.filter(team=team, role="owner").exclude(pk=member.pk)
    if member.role == "owner" and not others.exists():
        raise NotPossible(f"The last owner cannot {verb}; make somebody else an owner first.")


def _address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise NotPossible(
            f"{email[:80]!r} was given; an e-mail address like name@example.org is wanted."
        ) from None
    return email
