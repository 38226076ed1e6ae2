"""E-mails when a run has ended, what one wants of them, and the page where one says so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from leaderboard import environment as env
from leaderboard.models import Delivery, Notice, Preferences, Webhook
from leaderboard.services import notices
from tests.leaderboard.helpers import run_to_end

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(alice: Any) -> EmailAddress:
    """Alice's address, verified."""
    return EmailAddress.objects.create(
        user=alice, email="alice@example.org", verified=True, primary=True
    )


def link_of(message: Any) -> str:
    """The way out of an e-mail, without the site's address."""
    found = re.search(r"/notices/off/[^\s>]+", message.body)
    assert found
    return found[0]


def test_a_scored_run_is_written_about(address: Any, submit: Any, doorbell: Any) -> None:
    attempt = run_to_end(submit("score=0.7"))
    assert ("leaderboard.messages", ()) in doorbell
    assert mail.outbox == []  # the run does not wait for it
    assert notices.send_due() == 1
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"]
    assert message.subject == "A run is published"
    assert "clean: 70.00 % on average" in message.body
    assert f"/submissions/{attempt.submission_id}/" in message.body
    assert notices.send_due() == 0


def test_a_failure_is_written_about_with_its_reason(address: Any, submit: Any) -> None:
    run_to_end(submit("training:fail=diverged", name="Ünder & <over>"))
    notices.send_due()
    (message,) = mail.outbox
    assert message.subject == "Ünder & <over> failed"
    assert "“Ünder & <over>” failed." in message.body
    assert "Told to fail.\nAsk for something else." in message.body


def test_of_what_was_cancelled_nothing_is_written(address: Any, submit: Any, alice: Any) -> None:
    from leaderboard import services

    services.cancel(submit().submission_id, alice)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("change", [{"verified": False}, {"user": "bob"}])
def test_nothing_is_written_to_an_address_that_is_not_proven(
    address: Any, submit: Any, bob: Any, change: dict[str, Any]
) -> None:
    change = {key: bob if value == "bob" else value for key, value in change.items()}
    EmailAddress.objects.update(**change)
    run_to_end(submit())
    assert not Notice.objects.exists()


def test_each_kind_is_written_only_to_those_who_want_it(
    address: Any, submit: Any, alice: Any
) -> None:
    notices.prefer(alice, finished=False, failed=True)
    run_to_end(submit())
    assert not Notice.objects.exists()
    run_to_end(submit("training:fail=x"))
    assert Notice.objects.count() == 1


def test_who_changes_their_mind_before_it_is_sent_gets_nothing(
    address: Any, submit: Any, alice: Any
) -> None:
    run_to_end(submit())
    notices.prefer(alice, finished=False, failed=False)
    notices.send_due()
    assert mail.outbox == []
    assert Notice.objects.get().next_at is None


def test_a_mail_server_that_is_down_is_tried_again_three_times(
    address: Any, submit: Any, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.leaderboard.test_notices.Broken"
    assert run_to_end(submit()).stage == "published"
    for tries in (1, 2, 3):
        Notice.objects.filter(next_at__isnull=False).update(next_at=timezone.now())
        assert notices.send_due() == 1
        assert Notice.objects.get().tries == tries
    notice = Notice.objects.get()
    assert (notice.next_at, notice.sent_at, notice.error) == (None, None, "ConnectionRefusedError")


class Broken:
    """A mail server that is down."""

    def __init__(self, **_: Any) -> None:
        """Takes what Django gives."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError


def test_a_name_adds_no_header(address: Any, submit: Any) -> None:
    attempt = submit()
    type(attempt.submission).objects.update(name="A\nBcc: bob@example.org")
    run_to_end(attempt)
    notices.send_due()
    (message,) = mail.outbox
    assert message.recipients() == ["alice@example.org"]
    assert "\nBcc" not in message.message().as_string().split("\n\n")[0]


def test_one_click_is_enough_to_hear_no_more(address: Any, submit: Any, alice: Any) -> None:
    run_to_end(submit())
    notices.send_due()
    (message,) = mail.outbox
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = link_of(message)
    assert link in message.extra_headers["List-Unsubscribe"]
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(link).status_code == 200
    assert not Preferences.objects.exists()  # looking at it changes nothing
    assert strict.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    preferences = Preferences.objects.get(user=alice)
    assert (preferences.email_finished, preferences.email_failed) == (False, False)


def test_a_forged_link_turns_nothing_off(alice: Any) -> None:
    for token in ("x", f"{alice.pk}", f"{alice.pk}:abc:def"):
        assert Client().post(f"/notices/off/{token}/").status_code == 404
    assert not Preferences.objects.exists()


def test_the_page_keeps_what_is_wanted(client: Client, alice: Any) -> None:
    client.force_login(alice)
    page = client.get("/notices/").content.decode()
    assert page.count(" checked") == 2
    assert client.post("/notices/", {"failed": "on"}).status_code == 302
    preferences = Preferences.objects.get(user=alice)
    assert (preferences.email_finished, preferences.email_failed) == (False, True)


def test_the_page_is_for_those_who_are_signed_in(client: Client) -> None:
    for address in ("/notices/", "/notices/webhooks"):
        response = client.post(address)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/sign-in/")


def test_a_new_addresss_secret_is_shown_once(client: Client, alice: Any) -> None:
    client.force_login(alice)
    answer = client.post("/notices/webhooks", {"url": "https://hooks.example.org/a"})
    webhook = Webhook.objects.get(user=alice)
    assert webhook.secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert webhook.secret not in client.get("/notices/").content.decode()


def test_a_refused_address_is_told_why(client: Client, alice: Any, settings: Any) -> None:
    client.force_login(alice)
    answer = client.post("/notices/webhooks", {"url": "https://127.0.0.1/"})
    assert answer.status_code == 422
    assert "127.0.0.1 is not an address of the public internet." in answer.content.decode()
    assert client.post("/notices/webhooks", {"url": ""}).status_code == 422
    assert not Webhook.objects.exists()


def test_others_addresses_can_not_be_touched(client: Client, alice: Any, bob: Any) -> None:
    webhook = Webhook.objects.create(user=alice, url="https://example.org/", secret="whsec_a")
    client.force_login(bob)
    for verb in ("remove", "test"):
        assert client.post(f"/notices/webhooks/{webhook.pk}/{verb}").status_code == 404
        assert client.post(f"/notices/webhooks/{2**70}/{verb}").status_code == 404
    assert "example.org/" not in client.get("/notices/").content.decode()
    assert Webhook.objects.count() == 1
    assert not Delivery.objects.exists()


def test_the_page_lists_what_became_of_messages(client: Client, alice: Any) -> None:
    webhook = Webhook.objects.create(user=alice, url="https://example.org/", secret="whsec_a")
    Delivery.objects.create(
        webhook=webhook, event="submission.failed", tries=6, error="Answered with 500.",
        payload={"submission": {"id": "abc", "name": "<b>A run</b>"}},
    )  # fmt: skip
    client.force_login(alice)
    assert client.post(f"/notices/webhooks/{webhook.pk}/test").status_code == 302
    page = client.get("/notices/").content.decode()
    assert "given up" in page
    assert "on its way" in page
    assert "&lt;b&gt;A run&lt;/b&gt;" in page


def test_the_sites_own_address_is_sound_or_refused() -> None:
    given = {"SITE_URL": "https://board.example.org/"}
    assert env.address(given, "SITE_URL", "http://localhost") == "https://board.example.org"
    assert env.address({}, "SITE_URL", "http://localhost:8000") == "http://localhost:8000"
    for strange in ("board.example.org", "ftp://a", "https://", "https://a/?b=c", "https://a/#b"):
        with pytest.raises(ImproperlyConfigured, match="SITE_URL"):
            env.address({"SITE_URL": strange}, "SITE_URL", "http://localhost")
