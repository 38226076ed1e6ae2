"""The real Celery worker with its clock, over the broker that needs no server.

The same tests run again over Redis and PostgreSQL from `test_servers.py`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from leaderboard import queries, queue
from leaderboard.celery import app
from leaderboard.models import Attempt, Board, Score
from tests.leaderboard.helpers import until

pytestmark = pytest.mark.django_db(transaction=True)

CELERY = ("-m", "celery", "-A", "leaderboard", "worker", "--beat", "--pool", "threads")


@pytest.fixture(autouse=True)
def doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own process reaches no broker: what it submits is found by the worker's sweep."""

    def down(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(app, "send_task", down)


@pytest.fixture
def start(spawn: Any, site: Path) -> Any:
    broker = os.environ.get("TEST_BROKER_URL")
    more = {"BROKER_URL": broker} if broker else {}
    return lambda **env: spawn(*CELERY, "--concurrency", "2", "--loglevel", "INFO", **more, **env)


def stages_of(attempts: list[Any]) -> set[str]:
    rows = Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts])
    return set(rows.values_list("stage", flat=True))


def published(attempts: list[Any]) -> bool:
    return stages_of(attempts) == {"published"}


def log(site: Path) -> str:
    return (site / "processes.log").read_text()


def test_a_worker_runs_several_submissions_two_at_a_time(
    submit: Any, start: Any, site: Path
) -> None:
    attempts = [submit("slow=0.1", name=f"Run {number}") for number in range(4)]
    start()
    two_at_once = threading.Event()

    def done() -> bool:
        held = Attempt.objects.filter(stage__in=("training", "evaluating")).count()
        assert held <= 2
        if held == 2:
            two_at_once.set()
        return published(attempts)

    until(done, 40)
    assert two_at_once.is_set()
    assert Score.objects.count() == 8
    until(lambda: not Board.objects.filter(dirty=True).exists())
    assert len(queries.board("finance", "clean").entries) == 4
    assert "Traceback" not in log(site)


def test_two_workers_with_clocks_share_a_state_folder(submit: Any, start: Any, site: Path) -> None:
    attempts = [submit("slow=0.1", name=f"Run {number}") for number in range(2)]
    start()
    start()
    until(lambda: published(attempts), 40)
    assert Score.objects.count() == 4
    assert "Traceback" not in log(site)


def test_sigterm_stops_engines_gives_runs_back_and_ends_cleanly(
    submit: Any, start: Any, site: Path
) -> None:
    attempts = [submit("training:slow=60", name=f"Run {number}") for number in range(2)]
    worker = start()
    for attempt in attempts:
        file = site / "jobs" / str(attempt.pk) / "training" / "starts"
        until(file.exists, 30)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert stages_of(attempts) == {"waiting-training"}
    assert set(Attempt.objects.values_list("tries", flat=True)) == {0}
    assert not _engines(site)


def test_what_a_killed_worker_held_is_taken_up_by_the_next(
    submit: Any, start: Any, site: Path
) -> None:
    attempt = submit("training:slow=0.7")
    worker = start()
    until(lambda: (site / "jobs" / str(attempt.pk) / "training" / "checkpoint").exists(), 30)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    start()
    until(lambda: published([attempt]), 30)
    assert Score.objects.count() == 2


def _engines(site: Path) -> str:
    found = subprocess.run(["pgrep", "-f", str(site / "jobs")], capture_output=True, text=True)
    return found.stdout


def test_a_broker_that_is_down_costs_a_delay_and_no_error(
    submit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = submit()
    assert attempt.rung_at is None
    assert "the sweep will see to it" in caplog.text
    assert queue.claim(attempt.pk, "w")
