"""What a run is made of: the exact jobs its engines get, and the record of what came of them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings

from evaluators.job import Job as EvaluationJob
from federated.job import Job as TrainingJob
from federated.job import Pin
from federated.recipe import Recipe

from .models import Attempt, Submission

Json = dict[str, Any]

ADAPTER = "adapter"
"""Where training leaves its adapter and evaluation finds it, relative to their job directories."""


def recipe_digest(recipe: Recipe) -> str:
    """SHA-256 of the normalised recipe: two texts that mean the same have the same digest."""
    canonical = json.dumps(recipe.as_dict(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def training_job(submission: Submission) -> Json:
    """`job.json` for `python -m federated`."""
    return TrainingJob(
        recipe=Recipe.model_validate(submission.recipe),
        base=Pin(**submission.base_pin),
        dataset=Pin(**submission.dataset_pin),
        threads=settings.ENGINE_THREADS,
    ).as_dict()


def evaluation_job(submission: Submission) -> Json:
    """`job.json` for `python -m evaluators`."""
    base = Recipe.model_validate(submission.recipe).base
    return EvaluationJob(
        suite=submission.domain,
        base=Pin(**submission.base_pin),
        quantization=base.quantization,
        dtype=base.dtype,
        adapter=ADAPTER,
        limit=settings.EVALUATION_LIMIT,
        threads=settings.ENGINE_THREADS,
    ).model_dump(mode="json")


def jobs_of(attempt: Attempt) -> tuple[Json, Json]:
    """The two jobs as they were given to the engines, or as they would be."""
    submission = attempt.submission
    return (
        attempt.training_job or training_job(submission),
        attempt.evaluation_job or evaluation_job(submission),
    )


def record(attempt: Attempt) -> Json:
    """Everything that decided the scores of an attempt, in one object that can be kept."""
    submission = attempt.submission
    training, evaluation = jobs_of(attempt)
    return {
        "schema": 1,
        "submission": submission.pk,
        "attempt": attempt.number,
        "trust": submission.trust,
        "recipe_sha256": submission.recipe_sha256,
        "created": submission.created.isoformat(),
        "published": attempt.finished_at.isoformat() if attempt.finished_at else None,
        "training": {"job": training, "result": attempt.training_result},
        "adapter": attempt.adapter,
        "evaluation": {"job": evaluation, "result": attempt.evaluation_result},
    }
