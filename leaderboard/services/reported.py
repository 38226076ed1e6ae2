"""Numbers from elsewhere as a score of their own kind: shown with their trust, never ranked."""

from __future__ import annotations

import math
from typing import Any

from django.utils import timezone

from evaluators import scoring
from evaluators.job import ProtocolScore, Result, TaskScore
from evaluators.suites import SUITES, Task
from leaderboard.models import Attempt, Submission
from leaderboard.uploads import Declared
from leaderboard.uploads.numbers import as_printed

from .boards import mark_dirty
from .publish import store_score

VERSION = "reported"
"""In the place of an evaluator's version: none of ours made these."""
PROTOCOL = "official"
"""Numbers from elsewhere are read as the published evaluator reads answers."""


def publish_reported(submission: Submission, declared: Declared) -> Attempt:
    """An attempt that is published at once, with what was declared. To be called in a
    transaction."""
    now = timezone.now()
    attempt = Attempt.objects.create(
        submission=submission,
        stage="published",
        stage_since=now,
        queued_at=now,
        finished_at=now,
        training_result=_costs(declared) or None,
    )
    result = _result(declared)
    score = result.protocols[PROTOCOL]
    store_score(attempt.pk, submission, result, PROTOCOL, score, {})
    mark_dirty(submission.domain, PROTOCOL)
    return attempt


def _result(declared: Declared) -> Result:
    suite = SUITES[declared.domain]
    tasks = tuple(_task(task, declared.scores.get(task.key)) for task in suite.tasks)
    return Result(
        suite=suite.key,
        suite_version=suite.version,
        evaluator_version=VERSION,
        protocols={PROTOCOL: _score(tasks)},
        limit=None,
        seconds=0,
        peak_memory_bytes=0,
        device="",
        dtype="",
        quantization="",
    )


def _task(task: Task, percent: float | None) -> TaskScore:
    """One task as it was reported, with the interval that its number of questions gives it."""
    if percent is None:
        return scoring.unscored_task(task.key, task.chance, "Not reported")
    share = float(as_printed(percent) / 100)
    if task.n:
        counted = scoring.Tally(task.n, share * task.n, 0)
        found = scoring.score_task(task.key, task.chance, counted, "")
        return found.model_copy(update={"accuracy": share, "compliance": None, "items": None})
    found = scoring.unscored_task(task.key, task.chance, "")
    corrected = scoring.above_chance(share, task.chance)
    return found.model_copy(update={"accuracy": share, "corrected": corrected, "unscored": None})


def _score(tasks: tuple[TaskScore, ...]) -> ProtocolScore:
    """The mean; without an interval where a task's number of questions is not fixed."""
    shares = [task.accuracy for task in tasks if task.accuracy is not None]
    if len(shares) < len(tasks) or all(task.n for task in tasks):
        return scoring.score_protocol(tasks)
    corrected = [task.corrected or 0.0 for task in tasks]
    return ProtocolScore(
        tasks=tasks,
        average=math.fsum(shares) / len(tasks),
        stderr=None,
        low=None,
        high=None,
        corrected=math.fsum(corrected) / len(tasks),
    )


def _costs(declared: Declared) -> dict[str, Any]:
    """What was said of the run's cost, where an engine would have measured it."""
    found: dict[str, Any] = {}
    if declared.communication_mb is not None:
        half = round(declared.communication_mb * 1024**2 / 2)
        found["traffic"] = {"bytes_down": half, "bytes_up": half}
    if declared.trained_parameters is not None:
        found["trained_parameters"] = declared.trained_parameters
    if declared.rounds is not None:
        found["rounds"] = declared.rounds
    return {"declared": True, **found} if found else {}
