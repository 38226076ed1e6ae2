"""Run a submission again: from the start, or only its evaluation."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from leaderboard import stages
from leaderboard.models import Attempt, Submission

from .submit import enqueue


class NotPossible(Exception):
    """Why a verb does not apply, in a sentence."""


def requeue(submission: Submission) -> Attempt:
    """A new attempt for a submission that failed or was cancelled.

    It starts where the work starts: at the evaluation for what was not trained here and for what
    has scores already.
    """
    with transaction.atomic():
        last = _current(submission)
        if last.stage not in ("failed", "cancelled"):
            raise NotPossible(f"{submission} is {last.stage}; only what failed can run again.")
        if made := last_published(submission):
            return _evaluate(submission, made)
        if submission.kind != "recipe":
            return _evaluate(submission, last)
        return enqueue(submission)


def reevaluate(submission: Submission) -> Attempt:
    """A new attempt from what the newest published one stored: nothing is trained again.

    Scores that exist stay as they are, and the board keeps showing its version until a flip.
    """
    with transaction.atomic():
        current, made = _current(submission), last_published(submission)
        if current.stage in stages.LIVE:
            raise NotPossible(f"{submission} is {current.stage}; it is scored when that ends.")
        if made is None:
            raise NotPossible(
                f"{submission} is {current.stage}; only what is published has scores."
            )
        if submission.kind == "numbers":
            raise NotPossible(f"{submission} is numbers only; there is nothing to evaluate.")
        return _evaluate(submission, made)


def last_published(submission: Submission) -> Attempt | None:
    """The newest attempt that ended with scores."""
    return submission.attempts.filter(stage="published").order_by("-number").first()


def show_published(submission: Submission) -> None:
    """Let pages show the newest published attempt again, in the place of one that came to
    nothing. To be called in a transaction."""
    current, made = _current(submission), last_published(submission)
    if made and current.stage in ("failed", "cancelled"):
        submission.attempts.filter(pk=current.pk).update(current=False)
        submission.attempts.filter(pk=made.pk).update(current=True)


def _evaluate(submission: Submission, made: Attempt) -> Attempt:
    kept: dict[str, Any] = {
        field: getattr(made, field)
        for field in (
            "adapter", "profiles", "partition", "training_job", "training_result", "trained_at",
        )
    }  # fmt: skip
    return enqueue(submission, "waiting-evaluation", **kept)


def _current(submission: Submission) -> Attempt:
    """Under the submission's lock, as `enqueue` takes it."""
    Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
    return submission.attempts.get(current=True)
