"""Hand in a recipe."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from federated import hub
from federated.domains import DOMAINS
from federated.methods import METHODS
from federated.recipe import Recipe
from leaderboard import provenance, queue, stages
from leaderboard.models import Attempt, Submission
from leaderboard.recipe_text import to_toml


def submit(owner: Any, recipe: Recipe, text: str = "", **more: Any) -> Submission:
    """Store a checked recipe with what it names pinned, and let it wait for training.

    `more` are the row's team and visibility; a draft waits for nothing. An `EngineError` of the
    hub passes through: it was there when the recipe was checked.
    """
    base = hub.pin_model(recipe.base.model, recipe.base.revision)
    dataset = hub.pin_dataset(DOMAINS[recipe.domain].dataset, recipe.data.revision)
    with transaction.atomic():
        submission = Submission.objects.create(
            owner=owner,
            name=recipe.name,
            description=recipe.description,
            domain=recipe.domain,
            method=recipe.method.name,
            base_model=recipe.base.model,
            is_control=METHODS[recipe.method.name].control,
            recipe=recipe.as_dict(),
            recipe_text=text or to_toml(recipe),
            recipe_sha256=provenance.recipe_digest(recipe),
            base_pin=base.model_dump(mode="json"),
            dataset_pin=dataset.model_dump(mode="json"),
            **more,
        )
        if submission.visibility != "draft":
            enqueue(submission)
    return submission


def enqueue(submission: Submission, stage: str = stages.FIRST, **fields: Any) -> Attempt:
    """A new current attempt that waits in `stage`. To be called in a transaction."""
    # The row lock makes two who ask at once wait for each other; numbers stay unique either way.
    # No key: a board that is being built holds the rows that its entries name.
    Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
    number = submission.attempts.count() + 1
    submission.attempts.filter(current=True).update(current=False)
    now = timezone.now()
    attempt = Attempt.objects.create(
        submission=submission,
        number=number,
        stage=stage,
        stage_since=now,
        queued_at=now,
        **fields,
    )
    queue.ring(attempt.pk)
    return attempt


def find_same(owner: Any, recipe: Recipe) -> Submission | None:
    """The owner's newest submission of a recipe that means the same."""
    same = Submission.objects.filter(owner=owner, recipe_sha256=provenance.recipe_digest(recipe))
    return same.order_by("-created").first()
