"""Workers that are killed, come late, or come in threes. Real processes on a real database."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from leaderboard import queue, services, stages
from leaderboard.models import Attempt, LogChunk, ProgressLine, Score, TaskScore
from leaderboard.services.publish import publish
from leaderboard.services.recorder import Recorder
from tests.leaderboard.helpers import run_to_end, until

pytestmark = pytest.mark.django_db(transaction=True)


def starts(site: Path, attempt: Attempt, engine: str) -> int:
    file = site / "jobs" / str(attempt.pk) / engine / "starts"
    return file.stat().st_size if file.exists() else 0


def expire(attempt: Attempt) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Attempt.objects.filter(pk=attempt.pk, lease_until__isnull=False).update(lease_until=past)


def test_three_concurrent_deliveries_make_one_score_set(
    submit: Any, spawn_worker: Any, site: Path
) -> None:
    attempt = submit("slow=0.1")
    for stage, engine in (("training", "training"), ("evaluating", "evaluation")):
        workers = [spawn_worker(attempt.pk) for _ in range(3)]
        until(lambda: Attempt.objects.get(pk=attempt.pk).stage == stage)
        assert starts(site, attempt, engine) <= 1
        assert all(worker.wait(20) == 0 for worker in workers)
    attempt.refresh_from_db()
    assert attempt.stage == "published"
    assert attempt.fence == 2, "one claim for each stage, six deliveries"
    assert (Score.objects.count(), TaskScore.objects.count()) == (2, 6)
    rounds = ProgressLine.objects.filter(event="round").order_by("seq")
    assert [line.data["round"] for line in rounds] == [1, 2, 3]


def test_a_worker_killed_in_training_is_replaced_and_its_rounds_are_not_done_again(
    submit: Any, spawn_worker: Any, site: Path
) -> None:
    attempt = submit("training:slow=0.8")
    worker = spawn_worker(attempt.pk)
    until(lambda: ProgressLine.objects.filter(event="round").exists())
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    until(lambda: _lease_is_over(attempt))
    services.sweep()
    attempt.refresh_from_db()
    assert attempt.stage == "waiting-training"
    assert run_to_end(attempt).stage == "published"
    rounds = ProgressLine.objects.filter(event="round").order_by("seq")
    assert [line.data["round"] for line in rounds] == [1, 2, 3]
    assert ProgressLine.objects.filter(event="resume").exists()
    assert Score.objects.count() == 2


def test_a_worker_killed_in_evaluation_is_replaced_with_one_set_of_scores(
    submit: Any, spawn_worker: Any, site: Path
) -> None:
    attempt = submit("evaluation:slow=0.3")
    assert services.work(attempt.pk, "w")
    worker = spawn_worker(attempt.pk)
    until(lambda: starts(site, attempt, "evaluation"))
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    attempt.refresh_from_db()
    assert attempt.stage == "evaluating"
    expire(attempt)
    services.sweep()
    assert run_to_end(attempt).stage == "published"
    assert (Score.objects.count(), TaskScore.objects.count()) == (2, 6)


def test_the_engine_of_a_killed_worker_dies_with_it(
    submit: Any, spawn_worker: Any, site: Path
) -> None:
    attempt = submit("training:slow=60")
    worker = spawn_worker(attempt.pk)
    until(lambda: starts(site, attempt, "training"))
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    lock = site / "jobs" / str(attempt.pk) / "training"
    until(lambda: _free(lock), 5)


def test_a_run_that_loses_its_worker_again_and_again_fails_with_a_code(
    submit: Any, settings: Any
) -> None:
    attempt = submit()
    for _ in range(settings.MAX_TRIES):
        assert queue.claim(attempt.pk, "doomed")
        expire(attempt)
        services.sweep()
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.error_code) == ("failed", "worker-lost")
    assert "3 times while training" in attempt.error_message
    assert attempt.error_hint


def test_a_late_worker_cannot_write_anything(submit: Any, site: Path) -> None:
    attempt = submit("score=0.7")
    services.work(attempt.pk, "w")
    late = queue.claim(attempt.pk, "late")
    expire(attempt)
    services.sweep()
    assert run_to_end(attempt).stage == "published"
    attempt.refresh_from_db()
    before = (ProgressLine.objects.count(), LogChunk.objects.count(), list(Score.objects.values()))

    recorder = Recorder(late)
    recorder.lines([{"event": "note", "message": "late", "time": time.time() + 9}])
    recorder.text("late")
    recorder.flush()
    result = {**attempt.evaluation_result, "evaluator_version": "late", "protocols": {}}
    assert not recorder.wanted
    assert queue.heartbeat(late) is None
    assert not queue.release(late)
    assert not publish(late, attempt.submission, result, site)
    assert not stages.move(attempt.pk, "evaluating", late.fence, "failed", error_code="late")
    after = (ProgressLine.objects.count(), LogChunk.objects.count(), list(Score.objects.values()))
    assert before == after
    attempt.refresh_from_db()
    assert attempt.stage == "published"


def test_a_late_worker_is_refused_while_another_works(submit: Any, site: Path) -> None:
    attempt = submit()
    late = queue.claim(attempt.pk, "late")
    expire(attempt)
    services.sweep()
    now = queue.claim(attempt.pk, "now")
    assert (late.fence, now.fence) == (1, 2)
    assert not queue.holds(late)
    assert not stages.move(attempt.pk, "training", late.fence, "waiting-evaluation")
    assert queue.holds(now)


def _lease_is_over(attempt: Attempt) -> bool:
    attempt.refresh_from_db()
    return bool(attempt.lease_until and attempt.lease_until < timezone.now())


def _free(directory: Path) -> bool:
    from federated.errors import Busy
    from federated.program import JobDirectory

    try:
        with JobDirectory(directory).locked():
            return True
    except Busy:
        return False
