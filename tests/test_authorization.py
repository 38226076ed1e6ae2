"""Every address against every person and every visibility, from the list of addresses itself."""

# ruff: noqa: F811 - fixtures of the other tests are arguments here
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from leaderboard.models import (
    ApiToken,
    Attempt,
    Batch,
    Invitation,
    Membership,
    Submission,
    Team,
    Upload,
    Webhook,
)
from leaderboard.services import tokens
from tests.authorization_table import KINDS, kind_of
from tests.leaderboard import client_cast, item_cast
from tests.leaderboard.conftest import alice, bob, carol, doorbell, site, small_hub  # noqa: F401

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "bob", "dora", "alice", "carol")
SEES = {
    "public": set(PEOPLE),
    "private": {"dora", "alice", "carol"},
    "draft": {"alice"},
    "withdrawn": set(PEOPLE),
}
CHANGES = {"alice", "carol"}
SCOPES = ("read", "submit", "manage")
NOT_KEPT = ("sessions.session", "admin.logentry")


def routes(patterns: Any = None, before: str = "") -> Iterator[str]:
    """Every address of the site as its patterns write it."""
    for found in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from routes(found.url_patterns, route)
        else:
            yield route


class World:
    """Alice's team with Dora; one submission of each visibility with everything behind it."""

    def __init__(self, people: dict[str, Any], folder: Path) -> None:
        self.people = people
        self.team = Team.objects.create(slug="rabbits", name="Rabbits")
        Membership.objects.create(team=self.team, user=people["alice"], role="owner")
        Membership.objects.create(team=self.team, user=people["dora"])
        self.ids = {key: self._submission(key, folder) for key in SEES}
        self.texts = {
            name: tokens.make(user, "all", SCOPES).text for name, user in people.items() if user
        }
        # That a token is used is written down once a minute; not in this one.
        ApiToken.objects.update(last_used=timezone.now())
        later = timezone.now() + timedelta(days=1)
        own = {"user": people["alice"]}
        self.values = {
            "domain": "finance", "key": "fedavg", "protocol": "clean", "task": "fpb",
            "item_id": str(item_cast.FOUR[0]["item_id"]), "part": "prompt", "slug": "rabbits",
            "secret": "none", "token": "none", "uidb36": "1", "url": "x", "app_label": "auth",
            "object_id": "1", "id": "1", "content_type_id": "1", "path": "x",
            "invitation": str(Invitation.objects.create(
                team=self.team, email="x@example.org", secret_sha256="0", expires=later,
                invited_by=people["alice"]).pk),
            "token_id": str(tokens.make(people["alice"], "other", SCOPES).row.pk),
            "webhook_id": str(Webhook.objects.create(url="https://example.org/", **own).pk),
            "upload_id": Upload.objects.create(
                id="u" * 32, name="a.zip", size=9, expires=later, **own).pk,
            "batch_id": str(Batch.objects.create(
                domain="finance", suite_version="1", evaluator_version="9", reason="x",
                state="dropped", created_by=people["carol"]).pk),
        }  # fmt: skip
        self.clients = {name: self._client(user) for name, user in people.items()}

    def _submission(self, visibility: str, folder: Path) -> str:
        made = item_cast.submission(self.people["alice"], name=f"It is {visibility}")
        place = folder / visibility
        place.mkdir()
        item_cast.score(made, {"fpb": item_cast.stored(item_cast.FOUR, place)})
        client_cast.keep(made, client_cast.profile(2), client_cast.partition())
        withdrawn = visibility == "withdrawn"
        Submission.objects.filter(pk=made.pk).update(
            team=self.team,
            recipe_text="name = 'x'",
            visibility="public" if withdrawn else visibility,
            withdrawn_at=timezone.now() if withdrawn else None,
        )
        return str(made.pk)

    def _client(self, user: Any) -> Client:
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user)
        return client

    def path(self, route: str, visibility: str = "public") -> str:
        """An address of this world for a pattern."""
        values = {**self.values, "submission_id": self.ids[visibility]}
        if "confirm-email/<str:key>" in route or "(?P<key>" in route:
            values["key"] = "none"
        filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], _plain(route))
        return f"/{filled}"

    def ask(self, person: str, route: str, visibility: str = "public", method: str = "get") -> Any:
        path = self.path(route, visibility)
        more: dict[str, Any] = {}
        if path.startswith("/api/") and person in self.texts:
            more["headers"] = {"Authorization": f"Bearer {self.texts[person]}"}
        if method == "post" and path.startswith("/api/"):
            more |= {"data": '{"reason": "Because."}', "content_type": "application/json"}
        elif method == "post":
            more["data"] = {"reason": "Because.", "member": "alice", "email": "y@example.org"}
        return getattr(self.clients[person], method)(path, **more)


def _plain(route: str) -> str:
    """A regular expression of the table as a plain pattern."""
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    return re.sub(r"[\^$]|\\Z", "", plain)


@pytest.fixture
def world(
    alice: Any,
    bob: Any,
    carol: Any,
    django_user_model: Any,
    settings: Any,
    tmp_path: Path,
) -> World:
    settings.API_A_MINUTE = settings.API_A_MINUTE_ANONYMOUS = 100_000
    cache.clear()
    dora = django_user_model.objects.create_user("dora", password="down-the-hole-9")
    people = {"anonymous": None, "bob": bob, "dora": dora, "alice": alice, "carol": carol}
    return World(people, tmp_path)


def test_every_address_has_a_promise_and_every_promise_an_address() -> None:
    found = {route for route in routes() if not route.startswith("admin/") or route in KINDS}
    assert found - KINDS.keys() == set(), "who may see these? say so in authorization_table.py"
    assert KINDS.keys() - found == set()


def expected(kind: str, person: str, route: str) -> set[int]:
    """What a GET answers where no submission is named."""
    known, api = person != "anonymous", route.startswith("api/")
    if kind in ("open", "nothing", "signed", "leave"):
        return {"open": {200}, "nothing": {404}, "signed": {404}, "leave": {405}}[kind]
    if kind == "admin-door":
        return {302} if person in ("anonymous", "carol") else {403}
    if kind == "admin":
        return {200, 302, 400, 403, 404, 405} if person == "carol" else {302, 405}
    if kind.endswith("act") or kind == "hers":
        return {405} if not api or known else {401, 405}
    if kind == "entrance":
        return {200, 302}
    if api:
        inside = {"token": known, "hers-by-token": person == "alice"}[kind]
        return {200} if inside else {404} if known else {401}
    if not known:
        return {302}
    inside = {"own": True, "team": person in ("dora", "alice"), "staff": person == "carol"}[kind]
    # Some of one's account is there only with a second factor, or asks for the password again.
    if route.startswith("account/"):
        return {200, 302, 404}
    return {200} if inside else {404}


@pytest.mark.parametrize("person", PEOPLE)
def test_reading_answers_what_is_promised(world: World, person: str) -> None:
    wrong = []
    for route in routes():
        kind = kind_of(route)
        if kind not in ("page", "behind", "act"):
            answer = world.ask(person, route)
            if answer.status_code not in expected(kind, person, route):
                wrong.append((route, kind, answer.status_code))
            continue
        for visibility in SEES:
            inside = person in SEES[visibility] and (kind, visibility) != ("behind", "withdrawn")
            answer = world.ask(person, route, visibility)
            wanted = 405 if kind == "act" else 200 if inside else 404
            if answer.status_code != wanted:
                wrong.append((route, visibility, answer.status_code, wanted))
    assert wrong == []


@pytest.mark.parametrize("person", PEOPLE)
def test_only_those_who_may_change_a_submission(world: World, person: str) -> None:
    wrong = []
    for route in [route for route, kind in KINDS.items() if kind == "act"]:
        for visibility in SEES:
            before = rows()
            with transaction.atomic():
                code = world.ask(person, route, visibility, "post").status_code
                changed = rows() != before
                transaction.set_rollback(True)
            may = person in CHANGES & SEES[visibility]
            if (changed and not may) or code == 500:
                wrong.append((route, visibility, code, "changed"))
            hidden = person not in SEES[visibility]
            refused = {401} if route.startswith("api/") else {302}
            wanted = refused if person == "anonymous" else {404} if hidden else {302, 403, 404, 409}
            if not may and code not in wanted:
                wrong.append((route, visibility, code, wanted))
            if may and visibility == "private" and not route.endswith("cancel") and not changed:
                wrong.append((route, visibility, code, "nothing happened"))
    assert wrong == []


@pytest.mark.parametrize("person", PEOPLE)
def test_what_is_somebody_elses_cannot_be_changed(world: World, person: str) -> None:
    owners = {
        "team-act": {"alice"}, "hers": {"alice"}, "staff-act": {"carol"}, "admin": {"carol"},
    }  # fmt: skip
    wrong = []
    for route in routes():
        owned = owners.get(kind_of(route))
        if owned is None or person in owned:
            continue
        before = rows()
        code = world.ask(person, route, method="post").status_code
        if rows() != before or code not in (302, 403, 404, 405):
            wrong.append((route, code))
    assert wrong == []


@pytest.mark.parametrize("person", ["anonymous", "alice", "carol"])
def test_looking_at_every_address_changes_nothing(world: World, person: str) -> None:
    for route in routes():
        world.ask(person, route)
    before = rows()
    wrong = []
    for route in routes():
        for visibility in SEES if "submission_id" in route else ("public",):
            world.ask(person, route, visibility)
        if (after := rows()) != before:
            wrong.append(route)
            before = after
    assert wrong == []


def rows() -> dict[str, list[Any]]:
    """Everything in the database that is not about who is signed in."""
    return {
        label: sorted(map(repr, model._default_manager.values_list()))
        for model in apps.get_models()
        if (label := model._meta.label_lower) not in NOT_KEPT
    }


def test_what_is_private_is_kept_by_no_cache(world: World) -> None:
    wrong = []
    for route in [route for route, kind in KINDS.items() if kind in ("page", "behind")]:
        answer = world.ask("alice", route, "private")
        keep = answer.headers.get("Cache-Control", "")
        varies = "Cookie" in answer.headers.get("Vary", "") or route.startswith("api/")
        if "no-store" not in keep or "public" in keep or not varies:
            wrong.append((route, keep, answer.headers.get("Vary")))
    assert wrong == []


def test_a_tag_that_somebody_tells_opens_nothing(world: World) -> None:
    tagged = 0
    for route in [route for route, kind in KINDS.items() if kind in ("page", "behind")]:
        tag = world.ask("alice", route, "private").headers.get("ETag")
        if tag is None:
            continue
        tagged += 1
        path, same = world.path(route, "private"), {"If-None-Match": tag}
        assert world.clients["alice"].get(path, headers=same).status_code == 304, route
        for stranger in ("anonymous", "bob"):
            answer = world.clients[stranger].get(path, headers=same)
            assert answer.status_code == 404 and "ETag" not in answer.headers, route
    assert tagged >= 6


def test_no_list_export_or_feed_names_what_is_not_public(world: World) -> None:
    Attempt.objects.update(stage="published")
    hidden = [world.ids[key] for key in ("private", "draft", "withdrawn")]
    for route in [route for route, kind in KINDS.items() if kind == "open"]:
        answer = world.ask("anonymous", route)
        body = b"".join(answer) if answer.streaming else answer.content
        for key in hidden:
            assert key.encode() not in body, (route, key)


@pytest.mark.parametrize("person", ["anonymous", "bob", "dora"])
def test_nobodys_address_is_shown_to_others(world: World, person: str) -> None:
    world.people["alice"].email = "alice@hidden.example"
    world.people["alice"].save()
    EmailAddress.objects.create(
        user=world.people["alice"], email="alice@hidden.example", verified=True, primary=True
    )
    for route in routes():
        if not route.startswith("admin/"):
            answer = world.ask(person, route)
            body = b"".join(answer) if answer.streaming else answer.content
            assert b"hidden.example" not in body and b"x@example.org" not in body, route
