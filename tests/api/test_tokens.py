"""Tokens and their scopes, over the API and on their page."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leaderboard.models import ApiToken
from leaderboard.services import tokens

from .conftest import Program, error

pytestmark = pytest.mark.django_db


def test_a_token_says_who_it_is_for(alice: Any, alices: Program) -> None:
    me = alices.get("/me").json()
    assert (me["username"], me["is_staff"], me["teams"]) == ("alice", False, [])
    assert me["token"]["scopes"] == ["read", "submit", "manage"]
    assert "token" not in me["token"] and "sha256" not in me["token"]


def test_only_the_hash_is_stored(alice: Any) -> None:
    made = tokens.make(alice, "mine", ["read"])
    assert len(made.text) == 46 and made.text.startswith("fl_")
    row = ApiToken.objects.values().get()
    assert made.text not in str(row)
    assert row["prefix"] == made.text[:8]


@pytest.mark.parametrize(
    "given",
    ["", "fl_", "fl_" + "a" * 43, "Bearer", "fl_" + "\x00" * 43, "a" * 5000, "fl_é"],
)
def test_what_is_no_token_is_nobody_everywhere(given: str) -> None:
    stranger = Program(given) if given else Program()
    answer = stranger.get("/me")
    assert answer.status_code == 401
    assert error(answer)["code"] == "token"
    assert answer["WWW-Authenticate"] == "Bearer"
    # A wrong token is told, not taken for no token.
    assert stranger.get("/benchmarks").status_code == (401 if given else 200)


def test_a_session_counts_for_nothing(alice: Any) -> None:
    browser = Client()
    browser.force_login(alice)
    assert browser.get("/api/v1/me").status_code == 401
    assert browser.post("/api/v1/tokens", "{}", "application/json").status_code == 401


@pytest.mark.parametrize("end", ["revoked", "expired", "inactive"])
def test_a_token_that_ended_opens_nothing(alice: Any, alices: Program, end: str) -> None:
    past = timezone.now() - timedelta(seconds=1)
    if end == "revoked":
        ApiToken.objects.update(revoked_at=past)
    elif end == "expired":
        ApiToken.objects.update(expires=past)
    else:
        type(alice).objects.update(is_active=False)
    assert alices.get("/me").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/quota", "read"),
        ("GET", "/benchmarks", "read"),
        ("GET", "/submissions?mine=true", "read"),
        ("POST", "/submissions", "submit"),
        ("POST", "/validate", "submit"),
        ("POST", "/uploads", "submit"),
        ("POST", "/submissions/xxxx/cancel", "submit"),
        ("POST", "/submissions/xxxx/publish", "manage"),
        ("POST", "/submissions/xxxx/withdraw", "manage"),
        ("GET", "/tokens", "manage"),
        ("POST", "/tokens", "manage"),
        ("DELETE", "/tokens/1", "manage"),
    ],
)
def test_each_operation_asks_for_its_own_scope(
    alice: Any, program: Any, method: str, path: str, scope: str
) -> None:
    others = [other for other in ("read", "submit", "manage") if other != scope]
    answer = program(alice, *others).call(method, path)
    assert answer.status_code == 403
    assert error(answer)["code"] == "scope" and repr(scope) in error(answer)["message"]
    assert program(alice, scope).call(method, path).status_code not in (401, 403)


def test_a_token_makes_none_that_may_more_or_lasts_longer(alice: Any) -> None:
    own = tokens.make(alice, "own", ["manage", "read"], days=5)
    managing = Program(own.text)
    refused = managing.post("/tokens", {"name": "wide", "scopes": ["read", "submit"]})
    assert refused.status_code == 422
    assert "'submit' cannot be given on" in error(refused)["problems"][0]["message"]
    made = managing.post("/tokens", {"name": "long", "scopes": ["read"], "days": 365})
    assert made.status_code == 201 and made["Cache-Control"] == "no-store"
    assert ApiToken.objects.get(pk=made.json()["id"]).expires == own.row.expires
    assert Program(made.json()["token"]).get("/me").status_code == 200


def test_every_problem_of_a_token_comes_at_once(alices: Program) -> None:
    answer = alices.post("/tokens", {"name": " ", "scopes": ["root"], "colour": "blue"})
    assert [problem["place"] for problem in error(answer)["problems"]] == ["colour"]
    answer = alices.post("/tokens", {"name": " ", "scopes": ["root"]})
    assert {problem["place"] for problem in error(answer)["problems"]} == {"name", "scopes"}


def test_tokens_are_listed_without_their_text_and_revoked(alices: Program, bobs: Program) -> None:
    made = alices.post("/tokens", {"name": "ci", "scopes": ["submit"]}).json()
    listed = alices.get("/tokens").json()["results"]
    assert [token["name"] for token in listed] == ["ci", "a test"]
    assert made["token"] not in str(listed)
    assert bobs.call("DELETE", f"/tokens/{made['id']}").status_code == 404
    assert alices.call("DELETE", f"/tokens/{made['id']}").status_code == 204
    assert alices.call("DELETE", f"/tokens/{made['id']}").status_code == 404
    assert Program(made["token"]).get("/me").status_code == 401


def test_the_last_use_is_written_at_most_once_a_minute(
    alices: Program, django_assert_num_queries: Any
) -> None:
    alices.get("/quota")
    first = ApiToken.objects.get().last_used
    alices.get("/quota")
    assert ApiToken.objects.get().last_used == first is not None
    ApiToken.objects.update(last_used=first - timedelta(seconds=61))
    alices.get("/quota")
    assert ApiToken.objects.get().last_used > first


def test_there_is_an_end_to_how_many_one_has(alice: Any, alices: Program) -> None:
    for number in range(49):
        tokens.make(alice, f"n{number}", ["read"])
    answer = alices.post("/tokens", {"name": "one more", "scopes": ["read"]})
    assert answer.status_code == 409 and "50 tokens" in error(answer)["message"]


def test_the_text_of_a_token_is_in_no_log(
    alice: Any, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.DEBUG = True
    caplog.set_level(logging.DEBUG)
    made = tokens.make(alice, "mine", ["read"])
    Program(made.text).get("/quota")
    Program(made.text).post("/submissions", {})
    Program(made.text[:-1] + "_").get("/quota")
    assert made.text[3:40] not in caplog.text


class TestPage:
    """What a person sees."""

    def test_a_new_token_is_shown_once(self, client: Client, alice: Any) -> None:
        client.force_login(alice)
        made = client.post("/tokens/", {"name": "laptop", "scopes": ["read"], "days": "7"})
        assert made.status_code == 200
        text = made.content.decode().split("fl_", 1)[1][:43]
        assert "no-store" in made["Cache-Control"]
        assert Program(f"fl_{text}").get("/me").json()["token"]["name"] == "laptop"
        again = client.get("/tokens/")
        assert b"laptop" in again.content and text.encode() not in again.content

    def test_one_may_revoke_ones_own_only(self, client: Client, alice: Any, bob: Any) -> None:
        made = tokens.make(alice, "mine", ["read"])
        client.force_login(bob)
        assert client.post(f"/tokens/{made.row.pk}/revoke").status_code == 404
        client.force_login(alice)
        assert client.get(f"/tokens/{made.row.pk}/revoke").status_code == 405
        assert client.post(f"/tokens/{made.row.pk}/revoke").status_code == 302
        assert tokens.recognise(made.text) is None

    def test_what_is_wrong_is_said_at_its_field(self, client: Client, alice: Any) -> None:
        client.force_login(alice)
        answer = client.post("/tokens/", {"name": "", "scopes": [], "days": "9999"})
        assert answer.status_code == 422
        for place in ("name", "scopes", "days"):
            assert f'href="#field-{place}"'.encode() in answer.content
        assert not ApiToken.objects.exists()

    def test_nobody_sees_it_without_signing_in(self, client: Client) -> None:
        for method in (client.get, client.post):
            assert method("/tokens/").status_code == 302
