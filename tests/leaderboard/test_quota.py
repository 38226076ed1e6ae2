"""Daily limits and storage: exact, undone with their transaction, and safe under races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leaderboard.models import Attempt, QuotaLimit, QuotaUse
from leaderboard.services import quota, telling

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def five(settings: Any) -> None:
    settings.SUBMISSIONS_A_DAY, settings.STORAGE_BYTES = 5, 100


def test_what_is_left_goes_down_with_each_use_and_the_sixth_is_refused(alice: Any) -> None:
    for used in range(5):
        assert quota.left(alice)[:2] == (5, used)
        quota.take(alice)
    with pytest.raises(quota.OverQuota, match="5 of 5 submissions of today") as refused:
        quota.take(alice)
    assert refused.value.left.remaining == 0
    assert quota.left(alice).used == 5


def test_it_starts_again_at_midnight_utc(alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    for _ in range(5):
        quota.take(alice)
    assert quota.left(alice).resets_at == datetime(2026, 3, 2, tzinfo=UTC)
    now += timedelta(seconds=1)
    assert quota.left(alice).used == 0
    quota.take(alice)


def test_one_persons_use_is_not_anothers(alice: Any, bob: Any) -> None:
    quota.take(alice)
    assert quota.left(bob).used == 0


def test_staff_have_no_limit_and_are_counted_all_the_same(carol: Any) -> None:
    for _ in range(6):
        quota.take(carol)
    assert quota.left(carol)[:2] == (None, 6)
    assert quota.left(carol).remaining is None


@pytest.mark.parametrize("limit", [0, 7])
def test_a_limit_of_ones_own_replaces_the_sites(alice: Any, limit: int) -> None:
    QuotaLimit.objects.create(user=alice, what="submissions", limit=limit, reason="A course.")
    for _ in range(limit):
        quota.take(alice)
    with pytest.raises(quota.OverQuota):
        quota.take(alice)


def test_storage_is_all_or_nothing_and_does_not_start_again(alice: Any) -> None:
    quota.take(alice, "storage", 60)
    with pytest.raises(quota.OverQuota, match="60 of 100 bytes of storage"):
        quota.take(alice, "storage", 41)
    quota.take(alice, "storage", 40)
    assert quota.left(alice, "storage") == (100, 100, None)


def test_what_is_given_back_can_be_used_again_and_never_goes_below_zero(alice: Any) -> None:
    day = quota.take(alice)
    for _ in range(3):
        quota.give_back(alice, "submissions", day)
    assert quota.left(alice).used == 0


def test_a_use_is_given_back_to_its_own_day(alice: Any) -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    QuotaUse.objects.create(user=alice, what="submissions", day=yesterday, used=3)
    quota.take(alice)
    quota.give_back(alice, "submissions", yesterday)
    assert quota.left(alice).used == 1
    assert QuotaUse.objects.get(day=yesterday).used == 2


def test_a_use_in_a_transaction_that_is_undone_never_was(alice: Any) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        quota.take(alice)
        raise ZeroDivisionError
    assert quota.left(alice).used == 0


@pytest.mark.parametrize(
    ("code", "number", "used"),
    [("worker-lost", 1, 1), ("worker-failed", 1, 1), ("diverged", 1, 2), ("worker-lost", 2, 2)],
)
def test_a_run_that_failed_through_a_fault_of_ours_uses_nothing(
    alice: Any, submit: Any, code: str, number: int, used: int
) -> None:
    attempt = submit()
    Attempt.objects.filter(pk=attempt.pk).update(number=number)
    for _ in range(2):
        quota.take(alice)
    for _ in range(2):
        telling.end(attempt.pk, attempt.stage, attempt.fence, "failed", error_code=code)
    assert quota.left(alice).used == used


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_against_a_quota_of_five_take_exactly_five(alice: Any) -> None:
    def one(_: int) -> bool:
        try:
            with transaction.atomic():
                quota.take(alice)
            return True
        except quota.OverQuota:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        taken = list(pool.map(one, range(50)))
    assert taken.count(True) == 5
    assert QuotaUse.objects.get(user=alice).used == 5
