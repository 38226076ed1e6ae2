"""Claims, leases and doorbells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from leaderboard import queue, services
from leaderboard.models import Attempt

pytestmark = pytest.mark.django_db


def test_a_claim_holds_the_row_under_a_lease(submit: Any, settings: Any) -> None:
    attempt = submit()
    claim = queue.claim(attempt.pk, "machine:1:2")
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.fence, attempt.tries) == ("training", 1, 1)
    assert attempt.lease_owner == "machine:1:2"
    left = (attempt.lease_until - timezone.now()).total_seconds()
    assert left == pytest.approx(settings.LEASE_SECONDS, abs=2)
    assert claim == (attempt.pk, "training", 1, attempt.lease_until)
    assert queue.claim(attempt.pk, "second") is None
    assert queue.claim(10**6, "nobody") is None


def test_a_heartbeat_renews_the_lease(submit: Any) -> None:
    attempt = submit()
    claim = queue.claim(attempt.pk, "w")
    Attempt.objects.update(lease_until=timezone.now())
    renewed = queue.heartbeat(claim)
    attempt.refresh_from_db()
    assert attempt.lease_until == renewed.until > timezone.now() + timedelta(seconds=30)


def test_a_short_outage_of_the_database_does_not_end_a_run(
    submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = queue.claim(submit().pk, "w")

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(QuerySet, "update", away)
    monkeypatch.setattr(queue.connection, "close", lambda: None)
    assert queue.heartbeat(claim) == claim
    assert queue.heartbeat(claim._replace(until=timezone.now())) is None


def test_the_first_start_is_kept_when_a_run_starts_again(submit: Any) -> None:
    attempt = submit()
    queue.release(queue.claim(attempt.pk, "w"))
    attempt.refresh_from_db()
    first = attempt.started_at
    queue.claim(attempt.pk, "w")
    attempt.refresh_from_db()
    assert attempt.started_at == first is not None


@pytest.mark.django_db(transaction=True)
def test_the_doorbell_rings_after_the_commit_only(submit: Any, doorbell: list[Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        attempt = submit()
        assert doorbell == []
    assert doorbell == [("leaderboard.work", (attempt.pk,))]
    attempt.refresh_from_db()
    assert attempt.rung_at is not None


@pytest.mark.django_db(transaction=True)
class TestSweep:
    """What the timer does."""

    def test_a_lost_doorbell_is_rung_again(self, submit: Any, doorbell: list[Any]) -> None:
        attempt = submit()
        doorbell.clear()
        services.sweep()
        assert doorbell == [], "it was rung just now"
        Attempt.objects.update(rung_at=timezone.now() - timedelta(minutes=2))
        services.sweep()
        assert doorbell == [("leaderboard.work", (attempt.pk,))]

    def test_a_doorbell_that_never_rang_is_rung_at_once(
        self, submit: Any, doorbell: list[Any]
    ) -> None:
        attempt = submit()
        doorbell.clear()
        Attempt.objects.update(rung_at=None)
        services.sweep()
        assert doorbell == [("leaderboard.work", (attempt.pk,))]

    def test_a_long_queue_does_not_fill_the_broker(self, submit: Any, doorbell: list[Any]) -> None:
        for number in range(25):
            submit(name=f"Run {number}")
        Attempt.objects.update(rung_at=None)
        doorbell.clear()
        services.sweep()
        assert len(doorbell) == 20
        services.sweep()
        assert len(doorbell) == 25
        services.sweep()
        assert len(doorbell) == 25

    def test_a_retry_is_rung_for_when_its_pause_is_over(
        self, submit: Any, doorbell: list[Any]
    ) -> None:
        attempt = submit()
        doorbell.clear()
        soon = timezone.now() + timedelta(seconds=30)
        Attempt.objects.update(not_before=soon, rung_at=None)
        services.sweep()
        assert doorbell == []
        past = timezone.now() - timedelta(seconds=1)
        Attempt.objects.update(not_before=past, rung_at=past - timedelta(seconds=5))
        services.sweep()
        assert doorbell == [("leaderboard.work", (attempt.pk,))]

    def test_a_lease_that_has_not_run_out_is_left_alone(self, submit: Any) -> None:
        claim = queue.claim(submit().pk, "w")
        services.sweep()
        assert queue.holds(claim)

    def test_a_dirty_board_is_rebuilt(self) -> None:
        services.mark_dirty("finance", "clean")
        services.sweep()
        assert not services.rebuild_board("finance", "clean"), "it is clean already"

    def test_directories_of_ended_and_unknown_attempts_go_and_live_ones_stay(
        self, submit: Any, alice: Any
    ) -> None:
        from leaderboard import jobs

        live, ended = submit(), submit(name="Other")
        for attempt_id in (live.pk, ended.pk, 10**6):
            jobs.directory(attempt_id, "training")
        Attempt.objects.filter(pk=ended.pk).update(stage="cancelled")
        services.sweep()
        assert jobs.kept() == [live.pk]

    def test_one_failing_step_does_not_keep_the_others_from_running(
        self, submit: Any, monkeypatch: pytest.MonkeyPatch, doorbell: list[Any]
    ) -> None:
        import importlib

        module = importlib.import_module("leaderboard.services.sweep")

        def broken() -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(module, "give_back_expired", broken)
        submit()
        doorbell.clear()
        Attempt.objects.update(rung_at=None)
        services.sweep()
        assert doorbell
