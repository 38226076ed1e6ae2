"""Webhooks: written with the ending, signed, sent until taken or given up."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from leaderboard import outbound, services
from leaderboard.models import Batch, BatchItem, Delivery, Webhook
from leaderboard.services import telling, webhooks
from tests.leaderboard.helpers import run_to_end
from tests.leaderboard.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Receiver]:
    settings.DEBUG = True
    with receiving() as server:
        monkeypatch.setattr(outbound, "PORTS", {server.server_port})
        monkeypatch.setattr(outbound, "is_public", lambda address: True)
        yield server


@pytest.fixture
def hook(receiver: Receiver, alice: Any) -> Webhook:
    """Alice's address, which is the receiver."""
    return webhooks.register(alice, receiver.url).webhook


def make_due() -> None:
    """Let the pauses be over."""
    Delivery.objects.filter(next_at__isnull=False).update(next_at=timezone.now())


def test_a_finished_run_is_told_with_its_scores(
    hook: Webhook, receiver: Receiver, submit: Any
) -> None:
    attempt = run_to_end(submit("score=0.7"))
    assert webhooks.send_due() == 1
    (taken,) = receiver.taken
    said = json.loads(taken.body)
    assert taken.headers["X-Leaderboard-Event"] == said["event"] == "submission.published"
    assert said["submission"]["id"] == attempt.submission_id
    assert said["submission"]["url"].endswith(f"/submissions/{attempt.submission_id}/")
    assert {score["protocol"]: score["average"] for score in said["scores"]} == {
        "clean": 70.0,
        "official": 70.0,
    }
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.tries, delivery.next_at) == (200, 1, None)
    assert delivery.delivered_at is not None
    assert taken.headers["X-Leaderboard-Delivery"] == str(delivery.pk)


def test_the_signature_can_be_checked_by_the_secret(
    receiver: Receiver, alice: Any, submit: Any
) -> None:
    secret = webhooks.register(alice, receiver.url).secret
    run_to_end(submit())
    webhooks.send_due()
    (taken,) = receiver.taken
    parts = dict(part.split("=") for part in taken.headers["X-Leaderboard-Signature"].split(","))
    wanted = hmac.new(secret.encode(), f"{parts['t']}.".encode() + taken.body, hashlib.sha256)
    assert parts["v1"] == wanted.hexdigest()
    assert abs(int(parts["t"]) - timezone.now().timestamp()) < 60


def test_a_failure_is_told_with_its_reason(hook: Webhook, submit: Any) -> None:
    run_to_end(submit("training:fail=diverged"))
    delivery = Delivery.objects.get()
    assert delivery.event == "submission.failed"
    assert delivery.payload["failure"] == {
        "code": "diverged",
        "message": "Told to fail.",
        "hint": "Ask for something else.",
    }


def test_a_cancelled_run_is_told_once(hook: Webhook, submit: Any, alice: Any) -> None:
    attempt = submit()
    assert services.cancel(attempt.submission_id, alice)
    assert not services.cancel(attempt.submission_id, alice)
    assert [delivery.event for delivery in Delivery.objects.all()] == ["submission.cancelled"]


def test_a_run_whose_worker_was_lost_for_good_is_told(
    hook: Webhook, submit: Any, settings: Any
) -> None:
    from leaderboard import queue

    settings.MAX_TRIES = 1
    attempt = submit()
    assert queue.claim(attempt.pk, "gone")
    type(attempt).objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    services.sweep()
    assert Delivery.objects.get().payload["failure"]["code"] == "worker-lost"


def test_others_runs_are_not_told(hook: Webhook, submit: Any, bob: Any) -> None:
    run_to_end(submit(owner=bob))
    assert not Delivery.objects.exists()


def test_a_sleeping_address_is_not_told(hook: Webhook, submit: Any) -> None:
    Webhook.objects.update(active=False)
    run_to_end(submit())
    assert not Delivery.objects.exists()


def test_of_a_re_evaluation_by_staff_the_submitter_is_not_told(
    hook: Webhook, submit: Any, carol: Any
) -> None:
    attempt = submit()
    batch = Batch.objects.create(
        domain="finance", suite_version="1", evaluator_version="2", reason="a", created_by=carol
    )
    BatchItem.objects.create(batch=batch, submission=attempt.submission, attempt=attempt)
    run_to_end(attempt)
    assert not Delivery.objects.exists()


def test_a_message_nobody_takes_is_tried_six_times_with_growing_pauses(
    hook: Webhook, receiver: Receiver, submit: Any
) -> None:
    receiver.status = 500
    run_to_end(submit())
    pauses = []
    for number in range(1, 7):
        make_due()
        assert webhooks.send_due() == 1
        delivery = Delivery.objects.get()
        assert (delivery.tries, delivery.status) == (number, 500)
        if delivery.next_at:
            pauses.append(round((delivery.next_at - timezone.now()).total_seconds() / 60))
    assert pauses == [1, 5, 30, 120, 720]
    assert delivery.next_at is None
    assert delivery.delivered_at is None
    assert delivery.error == "Answered with 500; 200 to 299 was wanted."
    make_due()
    assert webhooks.send_due() == 0
    assert len(receiver.taken) == 6


def test_a_redirect_counts_as_not_taken_and_is_not_followed(
    hook: Webhook, receiver: Receiver, submit: Any
) -> None:
    receiver.status, receiver.location = 302, receiver.url
    run_to_end(submit())
    webhooks.send_due()
    assert Delivery.objects.get().error == "Answered with 302; 200 to 299 was wanted."
    assert len(receiver.taken) == 1


def test_nothing_of_an_answer_is_kept(hook: Webhook, receiver: Receiver, submit: Any) -> None:
    receiver.status = 404
    run_to_end(submit())
    webhooks.send_due()
    assert "inner network" not in str(Delivery.objects.values().get())


def test_a_message_is_sent_by_one_of_two_senders(
    hook: Webhook, receiver: Receiver, submit: Any
) -> None:
    run_to_end(submit())
    delivery = Delivery.objects.get()
    assert [webhooks.send(delivery.pk), webhooks.send(delivery.pk)] == [True, False]
    assert len(receiver.taken) == 1


def test_a_sender_that_was_lost_is_replaced(hook: Webhook, receiver: Receiver, submit: Any) -> None:
    run_to_end(submit())
    Delivery.objects.update(tries=1, next_at=timezone.now() + webhooks.SENDING)
    assert webhooks.send_due() == 0
    make_due()
    assert webhooks.send_due() == 1
    assert Delivery.objects.get().delivered_at is not None


def test_a_name_that_has_moved_inside_since_is_not_spoken_to(
    receiver: Receiver, alice: Any, submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.register(alice, receiver.url)
    run_to_end(submit())
    monkeypatch.undo()
    monkeypatch.setattr(outbound, "PORTS", {receiver.server_port})
    webhooks.send_due()
    assert receiver.taken == []
    assert "not an address of the public internet" in Delivery.objects.get().error


def test_a_defect_in_telling_does_not_undo_the_ending(
    hook: Webhook, submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(attempt: Any) -> int:
        raise RuntimeError("a defect")

    monkeypatch.setattr(webhooks, "write", broken)
    assert run_to_end(submit()).stage == "published"
    assert not Delivery.objects.exists()


def test_a_busy_workers_sweep_sends_without_waiting(
    hook: Webhook, receiver: Receiver, submit: Any
) -> None:
    run_to_end(submit())
    telling.send_beside()
    with telling.SENDING:  # free again when the sender is done
        assert len(receiver.taken) == 1


def test_a_ring_follows_the_ending(hook: Webhook, submit: Any, doorbell: Any) -> None:
    run_to_end(submit())
    assert ("leaderboard.messages", ()) in doorbell


def test_an_inner_address_is_not_registered(alice: Any, settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(outbound.Refused):
        webhooks.register(alice, "https://169.254.169.254/latest/meta-data/")
    assert not Webhook.objects.exists()


def test_an_address_is_registered_once_and_ten_at_most(alice: Any) -> None:
    for number in range(10):
        webhooks.register(alice, f"https://example.org/{number}")
    with pytest.raises(outbound.Refused, match="10 addresses"):
        webhooks.register(alice, "https://example.org/more")
    Webhook.objects.first().delete()
    with pytest.raises(outbound.Refused, match="already"):
        webhooks.register(alice, "https://example.org/0")


def test_only_its_owner_removes_or_tries_an_address(hook: Webhook, bob: Any, alice: Any) -> None:
    assert not webhooks.remove(bob, hook.pk)
    assert webhooks.send_test(bob, hook.pk) is None
    assert webhooks.send_test(alice, hook.pk) is not None
    assert webhooks.remove(alice, hook.pk)
    assert not Delivery.objects.exists()
