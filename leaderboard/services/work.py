"""What a worker does with an attempt that waits: train it or evaluate it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from leaderboard import jobs, provenance, queue, stages, storage
from leaderboard.jobs import Failure, Json, Outcome
from leaderboard.models import Attempt
from leaderboard.queue import Claim

from .keep import keep
from .publish import publish
from .recorder import Recorder
from .sweep import sweep
from .telling import end

log = logging.getLogger(__name__)


def work(attempt_id: int, owner: str) -> bool:
    """Claim whatever stage the attempt waits for and do it; False when it was not ours to do."""
    if jobs.STOPPING.is_set():
        return False
    claim = queue.claim(attempt_id, owner)
    if claim is None:
        return False
    attempt = Attempt.objects.select_related("submission").get(pk=attempt_id)
    log.info("%s: %s.", attempt, claim.stage)
    try:
        STEPS[claim.stage](claim, attempt)
    except Exception as error:
        log.exception("Attempt %s stopped while %s.", attempt_id, claim.stage)
        settle(claim, Outcome("try-again", None, _ours(error)))
    attempt.refresh_from_db(fields=["stage", "error_code"])
    log.info("%s is %s now. %s", attempt, attempt.stage, attempt.error_code)
    return True


def train(claim: Claim, attempt: Attempt) -> None:
    """From a recipe to a stored adapter."""
    # 1. the job, kept for whoever wants to reproduce it
    job = provenance.training_job(attempt.submission)
    queue.keep(claim, training_job=job)
    # 2. the engine
    path = jobs.directory(attempt.pk, "training")
    outcome = _run(claim, path, job)
    if outcome.kind != "ok":
        return settle(claim, outcome)
    # 3. the adapter and what was written of the clients, by their content
    adapter = storage.put_tree(path / provenance.ADAPTER)
    written = keep(path)
    # 4. hand on
    handed_on = stages.move(
        claim.attempt_id,
        claim.stage,
        claim.fence,
        "waiting-evaluation",
        adapter=adapter,
        **written,
        training_result=outcome.result,
        trained_at=timezone.now(),
        tries=0,
        done=0,
        of=0,
        unit="",
    )
    if handed_on:
        queue.ring(attempt.pk)


def evaluate(claim: Claim, attempt: Attempt) -> None:
    """From a stored adapter, or outputs that were handed in, to published scores."""
    # 1. the job and the files it names
    job = provenance.evaluation_job(attempt.submission)
    queue.keep(claim, evaluation_job=job)
    path = jobs.directory(attempt.pk, "evaluation")
    if attempt.submission.kind == "outputs":
        storage.get_tree(attempt.submission.upload, path / provenance.OUTPUTS)
    else:
        storage.get_tree(attempt.adapter, path / provenance.ADAPTER)
    # 2. the engine
    outcome = _run(claim, path, job)
    if outcome.kind != "ok" or outcome.result is None:
        return settle(claim, outcome)
    # 3. scores, items and board
    if publish(claim, attempt.submission, outcome.result, path):
        # 4. nothing in the job directories is needed any more
        jobs.discard(attempt.pk)


STEPS: dict[str, Callable[[Claim, Attempt], None]] = {"training": train, "evaluating": evaluate}


def settle(claim: Claim, outcome: Outcome) -> None:
    """What becomes of an attempt whose engine did not finish."""
    if outcome.kind == "stopped":
        queue.release(claim)
    elif outcome.failure is not None and outcome.kind == "try-again":
        retry(claim, outcome.failure)
    elif outcome.failure is not None:
        fail(claim, outcome.failure)


def retry(claim: Claim, failure: Failure) -> bool:
    """Wait and go again, twice as long each time; after MAX_TRIES the failure is the result."""
    tries = Attempt.objects.values_list("tries", flat=True).get(pk=claim.attempt_id)
    if tries >= settings.MAX_TRIES:
        return fail(claim, failure)
    pause = settings.RETRY_SECONDS * 2 ** (tries - 1)
    moved = stages.move(
        claim.attempt_id,
        claim.stage,
        claim.fence,
        stages.GIVEN_BACK[claim.stage],
        not_before=timezone.now() + timedelta(seconds=pause),
    )
    if moved and not pause:
        queue.ring(claim.attempt_id)
    return moved


def fail(claim: Claim, failure: Failure) -> bool:
    """Store why; the log and the progress so far stay."""
    moved = end(
        claim.attempt_id,
        claim.stage,
        claim.fence,
        "failed",
        error_code=failure.code[:40],
        error_message=failure.message,
        error_hint=failure.hint,
    )
    if moved:
        jobs.discard(claim.attempt_id)
    return moved


def _run(claim: Claim, path: Path, job: Json) -> Outcome:
    engine = stages.STAGES[claim.stage].engine
    assert engine is not None
    # A busy worker sweeps too: with every slot taken by hours of training no task gets a turn.
    recorder = Recorder(claim, each_heartbeat=sweep)
    try:
        return jobs.run(engine, path, job, recorder)
    finally:
        recorder.flush()


def _ours(error: Exception) -> Failure:
    """A defect or an outage on this side."""
    return Failure(
        "worker-failed",
        f"The worker stopped with {type(error).__name__}.",
        "This is not the recipe's fault; the worker's log has the reason.",
        permanent=False,
    )
