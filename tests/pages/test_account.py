"""Signing up, in and out: proven addresses, no telling who has an account, no endless guessing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NEW = {
    "username": "dora",
    "email": "dora@example.org",
    "password1": "a long way down 9",
    "password2": "a long way down 9",
}


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Tries of other tests are not held against these."""
    cache.clear()


def link(mail: Any) -> str:
    """Where the only link of a mail leads, on this site."""
    found = re.findall(r"https?://testserver(\S+)", mail.body)
    assert len(found) == 1, mail.body
    return str(found[0])


def sign_in(client: Client, name: str, password: str = PASSWORD) -> Any:
    return client.post("/sign-in/", {"login": name, "password": password})


def test_whoever_signs_up_gets_in_once_the_address_is_proven(
    client: Client, mailoutbox: list[Any]
) -> None:
    assert client.post("/sign-up/", NEW).headers["Location"] == "/account/confirm-email/"
    assert client.get("/account/").status_code == 302
    assert [mail.to for mail in mailoutbox] == [["dora@example.org"]]
    page = link(mailoutbox[0])
    assert client.get(page).status_code == 200
    assert not EmailAddress.objects.get().verified  # looking changes nothing
    client.post(page)
    assert EmailAddress.objects.get().verified
    elsewhere = Client()
    assert sign_in(elsewhere, "dora", NEW["password1"]).headers["Location"] == "/"
    assert "dora@example.org" in elsewhere.get("/account/").content.decode()


def test_without_proof_nobody_gets_in(client: Client, mailoutbox: list[Any]) -> None:
    client.post("/sign-up/", NEW)
    other = Client()
    assert sign_in(other, "dora", NEW["password1"]).headers["Location"].startswith("/account/conf")
    assert other.get("/account/").status_code == 302


def test_an_account_without_an_address_signs_in_as_it_is(client: Client, alice: Any) -> None:
    assert sign_in(client, "alice").headers["Location"] == "/"
    assert client.get("/account/").status_code == 200


def test_an_unproven_second_address_locks_nobody_out(client: Client, alice: Any) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.org")
    assert sign_in(client, "alice").headers["Location"] == "/"


def test_one_signs_in_with_a_proven_address_too(client: Client, alice: Any) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.org", verified=True, primary=True)
    assert sign_in(client, "Alice@Example.org").headers["Location"] == "/"


def test_signing_up_with_a_taken_address_looks_the_same_and_tells_its_owner(
    client: Client, alice: Any, mailoutbox: list[Any]
) -> None:
    EmailAddress.objects.create(user=alice, email="dora@example.org", verified=True, primary=True)
    answer = client.post("/sign-up/", NEW)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/confirm-email/")
    assert len(mailoutbox) == 1
    assert "account/confirm-email" not in mailoutbox[0].body
    assert EmailAddress.objects.count() == 1


@pytest.mark.parametrize("name", ["a", "-dash", "two words", "a@b", "x" * 40, "<b>", "né"])
def test_a_name_that_could_mislead_is_refused(client: Client, name: str) -> None:
    answer = client.post("/sign-up/", NEW | {"username": name})
    assert answer.status_code == 200 and 'id="id_username_error"' in answer.content.decode()


def test_sign_up_can_be_closed(client: Client, settings: Any, django_user_model: Any) -> None:
    settings.SIGN_UP = False
    assert "Sign-up is closed" in client.post("/sign-up/", NEW).content.decode()
    assert not django_user_model.objects.exists()


def test_a_new_password_comes_by_mail_and_nobody_learns_who_has_an_account(
    client: Client, alice: Any, mailoutbox: list[Any]
) -> None:
    EmailAddress.objects.create(user=alice, email="a@example.org", verified=True, primary=True)
    alice.email = "a@example.org"
    alice.save()
    answers = []
    for email in ("a@example.org", "nobody@example.org"):
        answer = client.post("/account/password/reset/", {"email": email})
        answers.append((answer.status_code, answer.headers["Location"], answer.content))
    assert answers[0] == answers[1]
    assert [mail.to for mail in mailoutbox] == [["a@example.org"], ["nobody@example.org"]]
    page = client.get(link(mailoutbox[0]), follow=True)
    words = {"password1": "another long way 8", "password2": "another long way 8"}
    client.post(page.redirect_chain[-1][0], words)
    assert sign_in(Client(), "alice", "another long way 8").headers["Location"] == "/"
    again = Client().get(link(mailoutbox[0]), follow=True)
    assert "Bad Token" in again.content.decode()


def test_guessing_a_password_comes_to_an_end(client: Client, alice: Any) -> None:
    codes = [sign_in(client, "alice", f"guess {number}").status_code for number in range(6)]
    assert codes[:5] == [200] * 5
    assert sign_in(client, "alice").status_code in (200, 429)
    assert client.get("/account/").status_code == 302


def test_asking_for_passwords_comes_to_an_end_with_a_word_of_when(client: Client) -> None:
    ask = {"email": "nobody@example.org"}
    answers = [client.post("/account/password/reset/", ask) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert answers[-1].headers["Retry-After"] == "60"


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def test_staff_enter_the_admin_site_with_a_code_only(
    client: Client, settings: Any, django_user_model: Any
) -> None:
    settings.STAFF_NEEDS_TOTP = True
    carol = django_user_model.objects.create_superuser("carol", password=PASSWORD)
    sign_in(client, "carol")
    assert client.get("/admin/").headers["Location"] == "/account/codes/app/"
    TOTP.activate(carol, "JBSWY3DPEHPK3PXP")
    other = Client()
    assert sign_in(other, "carol").headers["Location"].startswith("/sign-in/code/")
    assert other.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert other.post("/sign-in/code/", {"code": "000000"}).status_code == 200
    assert other.get("/account/").status_code == 302
    other.post("/sign-in/code/", {"code": code_of("JBSWY3DPEHPK3PXP")})
    assert other.get("/admin/").status_code == 200


def test_an_authenticator_app_is_set_up_with_its_first_code(client: Client, alice: Any) -> None:
    sign_in(client, "alice")
    asked = client.get("/account/codes/app/")
    assert asked.headers["Location"].startswith("/account/again/")
    client.post("/account/again/", {"password": PASSWORD})
    page = client.get("/account/codes/app/").content.decode()
    secret = re.search(r'value="([A-Z2-7]{32})"', page)
    assert secret and not Authenticator.objects.exists()
    client.post("/account/codes/app/", {"code": code_of(secret[1])})
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert get_adapter().decrypt(kept) == secret[1]
    assert Authenticator.objects.filter(type="recovery_codes").exists()


def test_the_admin_sites_own_form_is_no_way_in(client: Client, alice: Any) -> None:
    assert client.get("/admin/login/?next=/admin/").headers["Location"] == (
        "/sign-in/?next=%2Fadmin%2F"
    )
    assert client.post("/admin/login/", {"username": "alice"}).status_code == 405
    client.force_login(alice)
    assert client.get("/admin/login/").status_code == 403


PAGES = (
    "/sign-up/", "/account/password/reset/", "/account/password/reset/sent/", "/account/closed/",
    "/account/confirm-email/", "/account/confirm-email/wrong/",
    "/account/password/reset/key/1-wrong/", "/account/password/reset/done/",
)  # fmt: skip
OWN = (
    "/account/", "/account/email/", "/account/password/", "/account/codes/",
    "/account/codes/app/", "/account/again/", "/teams/", "/teams/join/x",
)  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *OWN])
def test_every_page_is_ours_and_has_nothing_inline(client: Client, alice: Any, path: str) -> None:
    if path in OWN:
        sign_in(client, "alice")
    answer = client.get(path, follow=True)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.count("<h1") == 1 and 'class="brand"' in html
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert re.search(r"<title>\s*\S[^<]*· FlowerTune Leaderboard</title>", html)
