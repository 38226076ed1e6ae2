"""The run record: everything that decided an attempt's scores, in one object to keep."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from . import digests, seal
from .models import Attempt, AuditEvent, Score, TaskScore

Json = dict[str, Any]

SCHEMA = "leaderboard.run-record/2"
ON_HARDWARE = ("machine", "processor")
AGAIN = ("requeue", "reevaluate", "batch")
"""Acts that make a submission run again."""
AROUND = timedelta(minutes=1)
"""An act and the attempt it makes are of one transaction."""


def record(attempt: Attempt) -> Json:
    """Digests, versions, seeds, machines, times and scores of one attempt.

    Null stands for what was not recorded at the time, or does not apply: nothing is trained for
    an adapter that was handed in.
    """
    return seal.sealed(_content(attempt))


def _content(attempt: Attempt) -> Json:
    submission = attempt.submission
    training, evaluation = attempt.training_result or {}, attempt.evaluation_result or {}
    return {
        "schema": SCHEMA,
        "address": f"{settings.SITE_URL}/submissions/{submission.pk}/",
        "submission": {
            "id": submission.pk,
            "name": submission.name,
            "kind": submission.kind,
            "owner": submission.owner.get_username(),
            "team": submission.team.slug if submission.team else None,
            "trust": submission.trust,
            "sha256": submission.upload or submission.recipe_sha256,
            "format": submission.upload_format or None,
            "method": submission.method,
            "created": _moment(submission.created),
        },
        "attempt": {
            "number": attempt.number,
            "stage": attempt.stage,
            "triggered_by": triggered_by(attempt),
            "times": times(attempt, training, evaluation),
        },
        "benchmark": {
            "suite": evaluation.get("suite"),
            "version": evaluation.get("suite_version"),
            "sha256": digests.suite(
                evaluation.get("suite", ""), evaluation.get("suite_version", "")
            ),
            "limit": evaluation.get("limit"),
        },
        "evaluator": {
            "version": evaluation.get("evaluator_version"),
            "sha256": evaluation.get("evaluator_sha256"),
        },
        "base": submission.base_pin or None,
        "datasets": {
            "training": submission.dataset_pin or None,
            "tests": evaluation.get("datasets") or {},
        },
        "seeds": seeds(submission.recipe, evaluation),
        "hardware": {"training": _hardware(training), "evaluation": _hardware(evaluation)},
        "packages": {"training": _packages(training), "evaluation": _packages(evaluation)},
        "training": _engine(attempt.training_job, training),
        "adapter": attempt.adapter or None,
        "evaluation": _engine(attempt.evaluation_job, evaluation),
        "scores": [_score(score, evaluation) for score in _scores(attempt)],
        "reproduce": f"python manage.py reproduce {submission.pk} --run again",
    }


def triggered_by(attempt: Attempt) -> Json:
    """Who made this attempt happen, and why."""
    item = attempt.batchitem_set.select_related("batch__created_by").first()
    if item is not None:
        by = item.batch.created_by
        return _by("re-evaluation", by, item.batch.reason)
    if attempt.number == 1:
        return _by("submission", attempt.submission.owner)
    acts = AuditEvent.objects.filter(
        object_type="submission",
        object_id=attempt.submission_id,
        action__in=AGAIN,
        created__range=(attempt.queued_at - AROUND, attempt.queued_at + AROUND),
    )
    act = acts.select_related("actor").first()
    return _by("run again", act.actor if act else None, act.reason if act else "")


def times(attempt: Attempt, training: Json, evaluation: Json) -> Json:
    """Moments of the attempt, and what each engine took."""
    moments = ("queued_at", "started_at", "trained_at", "finished_at")
    return {
        **{name.removesuffix("_at"): _moment(getattr(attempt, name)) for name in moments},
        "training_seconds": training.get("seconds"),
        "evaluation_seconds": evaluation.get("seconds"),
    }


def seeds(recipe: Json, evaluation: Json) -> Json:
    """Every number that chance was drawn from."""
    evaluated = (evaluation.get("environment") or {}).get("seed")
    return {
        "training": recipe.get("seed"),
        "partition": (recipe.get("data") or {}).get("partition_seed"),
        "evaluation": None if evaluated is None else int(evaluated),
    }


def _scores(attempt: Attempt) -> list[Score]:
    found = Score.objects.filter(attempt=attempt).prefetch_related("tasks")
    return list(found.order_by("protocol"))


def _score(score: Score, evaluation: Json) -> Json:
    """Shares from 0 to 1, as they are stored."""
    return {
        "protocol": score.protocol,
        "suite": score.suite,
        "suite_version": score.suite_version,
        "evaluator_version": score.evaluator_version,
        **_plain(score, "average", "stderr", "low", "high", "corrected"),
        "unscored": score.unscored or None,
        "created": _moment(score.created),
        "tasks": [_task(task, score.protocol, evaluation) for task in score.tasks.all()],
    }


def _task(task: TaskScore, protocol: str, evaluation: Json) -> Json:
    prompts = evaluation.get("prompts_sha256") or {}
    return {
        "task": task.task,
        **_plain(task, "n", "accuracy", "stderr", "low", "high", "chance", "corrected"),
        "compliance": task.compliance,
        "unscored": task.unscored or None,
        "items_sha256": task.items or None,
        "item_ids_sha256": digests.item_ids(task.items) if task.items else None,
        "prompts_sha256": prompts.get(f"{protocol}-{task.task}"),
    }


def _engine(job: Json | None, result: Json) -> Json | None:
    """What an engine was asked and what it answered; None where it had nothing to do."""
    return {"job": job, "result": result or None} if job or result else None


def _hardware(result: Json) -> Json | None:
    if not result:
        return None
    environment = result.get("environment") or {}
    used = ("device", "dtype", "quantization", "threads", "peak_memory_bytes")
    return {
        **{name: environment.get(name) for name in ON_HARDWARE},
        **{name: result.get(name) for name in used},
    }


def _packages(result: Json) -> Json:
    environment = result.get("environment") or {}
    return {key: value for key, value in environment.items() if key not in (*ON_HARDWARE, "seed")}


def _by(how: str, who: Any, reason: str = "") -> Json:
    return {"how": how, "who": who.get_username() if who else None, "reason": reason or None}


def _plain(row: Any, *names: str) -> Json:
    return {name: getattr(row, name) for name in names}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
