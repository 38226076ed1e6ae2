"""Run a submission again."""

from __future__ import annotations

from django.db import transaction

from leaderboard.models import Attempt, Submission

from .submit import enqueue


class NotPossible(Exception):
    """Why a verb does not apply, in a sentence."""


def requeue(submission: Submission) -> Attempt:
    """A new attempt from the start, for a submission that failed or was cancelled."""
    with transaction.atomic():
        last = _current(submission)
        if last.stage not in ("failed", "cancelled"):
            raise NotPossible(f"{submission} is {last.stage}; only what failed can run again.")
        return enqueue(submission)


def reevaluate(submission: Submission) -> Attempt:
    """A new attempt from the stored adapter: adds scores of another evaluator version.

    Scores that exist stay as they are; the board turns to the new version when it covers as many
    entries as the old one.
    """
    with transaction.atomic():
        last = _current(submission)
        if last.stage != "published":
            raise NotPossible(f"{submission} is {last.stage}; only what is published has scores.")
        return enqueue(
            submission,
            "waiting-evaluation",
            adapter=last.adapter,
            profiles=last.profiles,
            partition=last.partition,
            training_job=last.training_job,
            training_result=last.training_result,
            started_at=None,
            trained_at=last.trained_at,
        )


def _current(submission: Submission) -> Attempt:
    return submission.attempts.select_for_update().get(current=True)
