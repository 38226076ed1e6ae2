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
from .run_record import record

Json = dict[str, Any]

__all__ = [
    "ADAPTER",
    "OUTPUTS",
    "evaluation_job",
    "jobs_of",
    "recipe_digest",
    "record",
    "training_job",
]

ADAPTER = "adapter"
"""Where training leaves its adapter and evaluation finds it, relative to their job directories."""
OUTPUTS = "outputs"
"""Where evaluation finds outputs that were handed in."""


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
    return EvaluationJob(
        suite=submission.domain,
        limit=settings.EVALUATION_LIMIT,
        threads=settings.ENGINE_THREADS,
        **_judged(submission),
    ).model_dump(mode="json")


def _judged(submission: Submission) -> Json:
    """What the evaluation is of. An adapter from elsewhere is judged on its base as it is."""
    if submission.kind == "outputs":
        return {"outputs": OUTPUTS, "format": submission.upload_format}
    found: Json = {"base": Pin(**submission.base_pin), "adapter": ADAPTER}
    if submission.kind == "recipe":
        base = Recipe.model_validate(submission.recipe).base
        found |= {"quantization": base.quantization, "dtype": base.dtype}
    return found


def jobs_of(attempt: Attempt) -> tuple[Json | None, Json | None]:
    """The two jobs as they were given to the engines, or as they would be; None where an engine
    has nothing to do."""
    submission = attempt.submission
    trained, evaluated = submission.kind == "recipe", submission.kind != "numbers"
    return (
        (attempt.training_job or training_job(submission)) if trained else None,
        (attempt.evaluation_job or evaluation_job(submission)) if evaluated else None,
    )
