"""Teams: found, invite, join, hand over, leave; and what must never work."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from leaderboard import services
from leaderboard.accounts import proven_addresses
from leaderboard.models import Invitation, Membership, Team
from leaderboard.services import teams

pytestmark = pytest.mark.django_db
PLACE = "/teams/rabbits/"


@pytest.fixture
def team(alice: Any) -> Team:
    """Alice's."""
    return teams.create(alice, "Rabbits")


@pytest.fixture
def page(client: Client, alice: Any, team: Team) -> Client:
    """Alice at her team."""
    client.force_login(alice)
    return client


def proven(user: Any, email: str) -> Client:
    """Somebody signed in, with an address that is theirs."""
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    client = Client()
    client.force_login(user)
    return client


def roles(team: Team) -> dict[str, str]:
    return dict(team.memberships.values_list("user__username", "role"))


def test_a_link_by_mail_lets_the_invited_in_once(
    page: Client, team: Team, bob: Any, mailoutbox: list[Any]
) -> None:
    page.post(f"{PLACE}invite", {"email": "Bob@Example.org"})
    (mail,) = mailoutbox
    assert mail.to == ["Bob@Example.org"]
    place = re.findall(r"https?://testserver(\S+)", mail.body)[0]
    assert place.rpartition("/")[2] not in repr(Invitation.objects.values())
    guest = proven(bob, "bob@example.org")
    assert guest.get(place).status_code == 200
    assert roles(team) == {"alice": "owner"}  # looking is not joining
    assert guest.post(place).headers["Location"] == PLACE
    assert roles(team) == {"alice": "owner", "bob": "member"}
    again = guest.post(place)
    assert again.status_code == 422 and "is used, withdrawn or older" in again.content.decode()


@pytest.mark.parametrize("email", ["carl@example.org", None])
def test_a_link_is_for_the_proven_owner_of_its_address_only(
    team: Team, alice: Any, bob: Any, email: str | None
) -> None:
    secret = teams.invite(alice, team, "bob@example.org")
    if email:
        proven(bob, email)
    EmailAddress.objects.create(user=bob, email="bob@example.org", verified=False)
    with pytest.raises(services.NotPossible, match="another address"):
        teams.accept(bob, secret, proven_addresses)
    assert roles(team) == {"alice": "owner"}


def test_a_link_ends_after_a_week_and_with_a_newer_one(team: Team, alice: Any, bob: Any) -> None:
    proven(bob, "bob@example.org")
    old = teams.invite(alice, team, "bob@example.org")
    new = teams.invite(alice, team, "bob@example.org")
    with pytest.raises(services.NotPossible, match="older than seven days"):
        teams.accept(bob, old, proven_addresses)
    newest = Invitation.objects.latest("pk")
    assert timedelta(days=6.9) < newest.expires - timezone.now() <= timedelta(days=7)
    Invitation.objects.update(expires=timezone.now())
    with pytest.raises(services.NotPossible, match="older than seven days"):
        teams.accept(bob, new, proven_addresses)


def test_a_link_can_be_taken_back(page: Client, team: Team, alice: Any, bob: Any) -> None:
    proven(bob, "bob@example.org")
    secret = teams.invite(alice, team, "bob@example.org")
    page.post(f"{PLACE}invitations/{Invitation.objects.get().pk}")
    assert page.get(f"{PLACE}invitations/1").status_code == 405
    with pytest.raises(services.NotPossible):
        teams.accept(bob, secret, proven_addresses)


def test_the_last_owner_stays_until_another_is_made(page: Client, team: Team, bob: Any) -> None:
    Membership.objects.create(team=team, user=bob)
    answer = page.post(f"{PLACE}remove", {"member": "alice"}, follow=True)
    assert "last owner cannot leave" in answer.content.decode()
    answer = page.post(f"{PLACE}role", {"member": "alice", "role": "member"}, follow=True)
    assert "last owner cannot become a member" in answer.content.decode()
    page.post(f"{PLACE}role", {"member": "bob", "role": "owner"})
    assert page.post(f"{PLACE}remove", {"member": "alice"}).headers["Location"] == "/teams/"
    assert roles(team) == {"bob": "owner"}
    assert page.get(PLACE).status_code == 404


def test_a_member_may_leave_and_nothing_else(team: Team, bob: Any, alice: Any) -> None:
    Membership.objects.create(team=team, user=bob)
    for verb, words in (
        (teams.invite, ("x@example.org",)),
        (teams.remove, ("alice",)),
        (teams.set_role, ("bob", "owner")),
        (teams.withdraw_invitation, (1,)),
    ):
        with pytest.raises(PermissionDenied):
            verb(bob, team, *words)
    teams.remove(bob, team, "bob")
    assert roles(team) == {"alice": "owner"}


def test_a_stranger_is_not_told_that_there_is_a_team(team: Team, bob: Any) -> None:
    stranger = Client()
    stranger.force_login(bob)
    for path in (PLACE, "/teams/nowhere/"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{PLACE}remove", {"member": "alice"}).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "!!!", "x" * 81, "北京"])
def test_a_name_that_makes_no_address_is_refused_with_what_is_wanted(alice: Any, name: str) -> None:
    with pytest.raises(services.NotPossible, match="a name of 1 to 80 characters"):
        teams.create(alice, name)
    assert not Team.objects.exists()


def test_an_address_is_taken_once(alice: Any, bob: Any, team: Team) -> None:
    with pytest.raises(services.NotPossible, match="at the address 'rabbits' already"):
        teams.create(bob, "RABBITS!")
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("email", ["", "bob", "a@b", "a@example.org\nBcc: c@example.org"])
def test_what_is_no_address_is_not_written_to(
    page: Client, email: str, mailoutbox: list[Any]
) -> None:
    answer = page.post(f"{PLACE}invite", {"email": email}, follow=True)
    assert "an e-mail address like" in answer.content.decode()
    assert mailoutbox == [] and not Invitation.objects.exists()


def test_a_mail_server_that_is_down_is_said_and_breaks_nothing(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("leaderboard.views.teams.send_mail", down)
    answer = page.post(f"{PLACE}invite", {"email": "x@example.org"}, follow=True)
    assert answer.status_code == 200 and "could not be sent" in answer.content.decode()


def test_the_pages_show_members_and_names_are_never_markup(page: Client, alice: Any) -> None:
    made = teams.create(alice, "<b>Bold</b> <script>alert(1)</script>")
    html = page.get(f"/teams/{made.slug}/").content.decode()
    assert "<b>Bold" not in html and "&lt;script&gt;" in html
    assert "Rabbits" in page.get("/teams/").content.decode()
