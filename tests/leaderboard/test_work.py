"""What becomes of a submission, with engines that behave and engines that do not."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connections

from leaderboard import jobs, queries, queue, services, storage
from leaderboard.models import Attempt, LogChunk, ProgressLine, Score, TaskScore
from tests.leaderboard.helpers import recipe, run_to_end, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_submission_is_trained_evaluated_and_published(submit: Any, site: Any) -> None:
    attempt = run_to_end(submit("score=0.7"))

    assert attempt.stage == "published", attempt.error_message
    assert attempt.training_result["rounds"] == 3
    scores = {score.protocol: score for score in Score.objects.all()}
    assert scores["clean"].average == 0.7
    assert scores.keys() == {"clean", "official"}
    items = TaskScore.objects.get(score=scores["clean"], task="fpb").items
    assert storage.read(items) == b"fpb clean 0.7"
    assert storage.manifest_of(attempt.adapter).keys() == {"adapter_model.safetensors", "plan.txt"}
    assert not list((site / "jobs").iterdir())


def test_rounds_log_and_counts_are_stored_while_they_happen(submit: Any) -> None:
    attempt = run_to_end(submit())

    rounds = ProgressLine.objects.filter(attempt=attempt, event="round").order_by("seq")
    assert [line.data["round"] for line in rounds] == [1, 2, 3]
    assert "round 2\n" in "".join(LogChunk.objects.values_list("text", flat=True))
    assert (attempt.done, attempt.of, attempt.unit) == (240, 240, "item")


def test_a_loss_that_is_not_a_number_is_stored_as_nothing(submit: Any) -> None:
    attempt = run_to_end(submit("training:nan"))
    assert [one.loss for one in queries.run(attempt.submission_id).rounds] == [None, None, None]


@pytest.mark.parametrize("engine", ["training", "evaluation"])
def test_a_failure_keeps_the_engines_code_sentence_and_hint(submit: Any, engine: str) -> None:
    attempt = run_to_end(submit(f"{engine}:fail=diverged"))

    assert attempt.stage == "failed"
    assert attempt.error_code == "diverged"
    assert attempt.error_message == "Told to fail."
    assert attempt.error_hint == "Ask for something else."
    assert attempt.tries == 1, "what is the recipe's fault is never tried again"
    assert LogChunk.objects.filter(attempt=attempt).exists()
    assert not Score.objects.exists()


@pytest.mark.parametrize("plan", ["training:again=2", "evaluation:again=2", "training:kill=1"])
def test_what_may_pass_is_tried_again(submit: Any, plan: str) -> None:
    assert run_to_end(submit(plan)).stage == "published"
    assert Score.objects.count() == 2


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ("training:again=9", "not-now"),
        ("evaluation:again=9", "not-now"),
        ("training:kill=9", "engine-killed"),
        ("training:silent", "engine-crashed"),
    ],
)
def test_after_so_many_tries_the_failure_is_the_result(
    submit: Any, settings: Any, plan: str, code: str
) -> None:
    attempt = run_to_end(submit(plan))
    assert (attempt.stage, attempt.error_code) == ("failed", code)
    assert attempt.tries == settings.MAX_TRIES
    assert attempt.error_message


def test_a_retry_waits_longer_each_time(submit: Any, settings: Any) -> None:
    settings.RETRY_SECONDS = 100
    attempt = submit("training:again=9")
    assert services.work(attempt.pk, "w")
    attempt.refresh_from_db()
    pause = (attempt.not_before - attempt.stage_since).total_seconds()
    assert pause == pytest.approx(100, abs=5)
    assert not services.work(attempt.pk, "w"), "not before its time"

    Attempt.objects.update(not_before=None)
    assert services.work(attempt.pk, "w")
    attempt.refresh_from_db()
    pause = (attempt.not_before - attempt.stage_since).total_seconds()
    assert pause == pytest.approx(200, abs=5)


def test_a_defect_of_the_worker_is_tried_again_and_then_told(
    submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "put_tree", full)
    attempt = run_to_end(submit())
    assert (attempt.stage, attempt.error_code) == ("failed", "worker-failed")
    assert "not the recipe's fault" in attempt.error_hint


def test_evaluation_gets_the_adapter_from_the_store(submit: Any, site: Any) -> None:
    attempt = submit()
    services.work(attempt.pk, "w")
    jobs.discard(attempt.pk)  # as on another machine
    assert run_to_end(attempt).stage == "published"


def _in_thread(attempt: Any) -> threading.Thread:
    def work() -> None:
        try:
            services.work(attempt.pk, "thread")
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: (jobs.directory(attempt.pk, "training") / "starts").exists())
    return thread


def test_cancelling_ends_a_running_engine_within_seconds(submit: Any, alice: Any) -> None:
    attempt = submit("training:slow=60 child")
    thread = _in_thread(attempt)
    assert services.cancel(attempt.submission_id, alice)
    thread.join(10)
    assert not thread.is_alive()
    attempt.refresh_from_db()
    assert attempt.stage == "cancelled"
    services.sweep()
    assert not jobs.kept()


def test_a_stopping_worker_gives_its_run_back_at_once(submit: Any, doorbell: list[Any]) -> None:
    attempt = submit("training:slow=60")
    thread = _in_thread(attempt)
    jobs.STOPPING.set()
    thread.join(10)
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.tries) == ("waiting-training", 0)
    assert doorbell[-1] == ("leaderboard.work", (attempt.pk,))
    assert not services.work(attempt.pk, "w"), "a stopping worker takes nothing new"
    jobs.STOPPING.clear()
    Attempt.objects.filter(pk=attempt.pk).update(fence=7)
    assert queue.claim(attempt.pk, "other").fence == 8


def test_only_the_owner_and_staff_may_cancel(submit: Any, alice: Any, bob: Any, carol: Any) -> None:
    first, second = submit(), submit(name="Another")
    assert not services.cancel(first.submission_id, bob)
    assert services.cancel(first.submission_id, alice)
    assert services.cancel(second.submission_id, carol)
    assert not services.cancel(first.submission_id, alice), "it has ended already"


def test_a_failed_submission_can_run_again_and_a_published_one_cannot(submit: Any) -> None:
    attempt = run_to_end(submit("training:fail=diverged"))
    again = services.requeue(attempt.submission)
    assert (again.number, again.current) == (2, True)
    attempt.refresh_from_db()
    assert not attempt.current
    good = run_to_end(submit(name="Good"))
    with pytest.raises(services.NotPossible):
        services.requeue(good.submission)


def test_the_same_recipe_of_the_same_owner_is_found_again(
    submit: Any, alice: Any, bob: Any
) -> None:
    attempt = submit()
    assert services.find_same(alice, recipe()) == attempt.submission
    assert services.find_same(bob, recipe()) is None
    assert services.find_same(alice, recipe(seed=1)) is None


def test_a_second_evaluation_under_the_same_version_keeps_the_first_scores(submit: Any) -> None:
    attempt = run_to_end(submit("score=0.7"))
    first = list(Score.objects.values())
    again = services.reevaluate(attempt.submission)
    assert run_to_end(again).stage == "published"
    assert list(Score.objects.values()) == first


def test_an_engine_that_prints_for_ever_fills_no_disk(
    submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leaderboard.services import recorder

    monkeypatch.setattr(recorder, "LOG_LIMIT", 10)
    attempt = submit()
    claim = queue.claim(attempt.pk, "w")
    writer = recorder.Recorder(claim)
    writer.text("123456")
    writer.text("7890abc")
    writer.text("never seen")
    writer.flush()
    stored = LogChunk.objects.get().text
    assert stored.startswith("1234567890\n[only the first 10")
    assert "never" not in stored


def test_lines_of_the_same_millisecond_are_all_kept_and_old_ones_not_twice(submit: Any) -> None:
    from leaderboard.services.recorder import Recorder

    claim = queue.claim(submit().pk, "w")
    lines = [{"event": "round", "round": n, "of": 3, "time": 1.5} for n in (1, 2, 3)]
    first = Recorder(claim)
    for line in lines:  # each read by itself
        first.lines([line])
        first.flush()
    again = Recorder(claim)
    again.lines([{"event": "start", "time": 1.0}, lines[2], {"event": "note", "time": 2.0}])
    again.flush()
    kept = ProgressLine.objects.order_by("seq").values_list("event", flat=True)
    assert list(kept) == ["round", "round", "round", "note"]


def test_a_busy_directory_is_tried_again(submit: Any, spawn: Any, site: Any) -> None:
    attempt = submit()
    path = jobs.directory(attempt.pk, "training")
    held = "import sys,time\nfrom federated.program import JobDirectory\n"
    held += "with JobDirectory(sys.argv[1]).locked(): print('x'); time.sleep(60)"
    holder = spawn("-c", held, str(path))
    until(lambda: (path / "lock").exists())
    time.sleep(0.2)
    assert services.work(attempt.pk, "w")
    attempt.refresh_from_db()
    assert attempt.stage == "waiting-training"
    holder.kill()
    holder.wait()
    assert run_to_end(attempt).stage == "published"
