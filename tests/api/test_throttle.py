"""Requests a minute: exact with a clock of our own, per person and per address."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from leaderboard.api import throttle

from .conftest import Program, error

pytestmark = pytest.mark.django_db


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 6_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock.time)
    return clock


def test_the_sixth_of_five_waits_and_is_let_in_when_it_was_told(clock: Clock) -> None:
    assert [throttle.count("a", 5) for _ in range(5)] == [0] * 5
    wait = throttle.count("a", 5)
    # 5 of this minute fade from 60 s on; one fits when a fifth of them has: 60 + 12.
    assert wait == 72
    clock.now += wait - 1
    assert throttle.count("a", 5) > 0
    clock.now += 1
    assert throttle.count("a", 5) == 0


def test_two_full_minutes_cannot_meet_at_their_border(clock: Clock) -> None:
    clock.now += 59
    assert [throttle.count("a", 5) for _ in range(5)] == [0] * 5
    clock.now += 2
    assert throttle.count("a", 5) > 0


def test_after_two_quiet_minutes_everything_is_free_again(clock: Clock) -> None:
    for _ in range(5):
        throttle.count("a", 5)
    clock.now += 120
    assert [throttle.count("a", 5) for _ in range(6)][:5] == [0] * 5


def test_what_was_refused_does_not_count(clock: Clock) -> None:
    for _ in range(50):
        throttle.count("a", 5)
    clock.now += 72
    assert throttle.count("a", 5) == 0


def test_one_does_not_use_up_what_is_anothers(clock: Clock) -> None:
    for _ in range(9):
        throttle.count("a", 5)
    assert throttle.count("b", 5) == 0


def test_many_at_once_are_counted_exactly(clock: Clock) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(throttle.count("a", 20))) for _ in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A request that is being refused is counted for a moment: fewer may pass, never more.
    assert 0 < found.count(0) <= 20


def test_a_program_is_told_when_to_come_again(
    alices: Program, anybody: Program, bobs: Program, settings: Any, clock: Clock
) -> None:
    settings.API_A_MINUTE, settings.API_A_MINUTE_ANONYMOUS = 4, 2
    assert [anybody.get("/benchmarks").status_code for _ in range(3)] == [200, 200, 429]
    assert [alices.get("/quota").status_code for _ in range(5)] == [200] * 4 + [429]
    refused = alices.get("/quota")
    assert error(refused)["code"] == "throttled" and refused["Retry-After"] == "75"
    assert bobs.get("/quota").status_code == 200


def test_wrong_tokens_count_for_their_address(settings: Any, clock: Clock) -> None:
    settings.API_A_MINUTE_ANONYMOUS = 3
    tries = [Program("fl_" + letter * 43).get("/me").status_code for letter in "abcde"]
    assert tries == [401, 401, 401, 429, 429]


def test_several_tokens_are_one_person(alice: Any, program: Any, settings: Any) -> None:
    settings.API_A_MINUTE = 2
    answers = [program(alice).get("/quota").status_code for _ in range(3)]
    assert answers == [200, 200, 429]


@pytest.mark.parametrize(("behind", "address"), [(False, "127.0.0.1"), (True, "10.0.0.9")])
def test_a_client_cannot_choose_its_address(
    rf: Any, settings: Any, behind: bool, address: str
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if behind else None
    request = rf.get("/", headers={"X-Forwarded-For": "1.2.3.4, 10.0.0.9"})
    assert throttle.address(request) == address
