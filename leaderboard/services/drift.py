"""Published scores run again, a few at random, and by how much they differ.

Each check is a row that is made before its run and filled after it. Of a scheduled check the row
is unique in its week: several clocks and several workers share the week's sample.
"""

from __future__ import annotations

import logging
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from leaderboard import access, jobs
from leaderboard.models import Attempt, DriftCheck

from .reproduce import reproduction

log = logging.getLogger(__name__)

Say = Callable[[str], Any]
MISSING = 1.0
"""A score that is gone, or new, differs by everything."""


def sample(count: int, seed: str | None = None) -> list[Attempt]:
    """Published attempts that can be run again, at random; of one seed always the same ones."""
    found = Attempt.objects.filter(
        access.visible_through(None, "submission__"), current=True, stage="published"
    ).exclude(submission__kind="numbers")
    ids = sorted(found.values_list("pk", flat=True))
    chosen = random.Random(seed).sample(ids, min(count, len(ids)))
    return sorted(found.filter(pk__in=chosen), key=lambda attempt: chosen.index(attempt.pk))


def check(attempt: Attempt, week: str = "", say: Say = log.info) -> DriftCheck | None:
    """Run one again and keep what it showed; None when this week's is somebody else's."""
    if week:
        made, ours = DriftCheck.objects.get_or_create(
            submission_id=attempt.submission_id, week=week, defaults={"attempt": attempt}
        )
        if not ours:
            return None
    else:
        made = DriftCheck.objects.create(submission_id=attempt.submission_id, attempt=attempt)
    made.state, made.tasks, made.error = _run(attempt, say)
    made.largest = largest(made.tasks) if made.state == "done" else None
    made.ended_at = timezone.now()
    made.save()
    return made


def this_week() -> list[DriftCheck]:
    """The scheduled checks of this week that nobody has begun, one after another."""
    week = f"{timezone.now():%G-W%V}"
    done = []
    for attempt in sample(settings.DRIFT_SAMPLE, seed=week):
        if jobs.STOPPING.is_set():
            break
        made = check(attempt, week)
        done += [made] if made else []
    return done


def largest(tasks: list[dict[str, Any]]) -> float:
    """The largest difference of a task's accuracy, as a share; 0 without any task."""
    return max((_difference(task["stored"], task["found"]) for task in tasks), default=0.0)


def _difference(stored: float | None, found: float | None) -> float:
    if stored is None or found is None:
        return 0.0 if stored is found else MISSING
    return abs(stored - found)


def _run(attempt: Attempt, say: Say) -> tuple[str, list[dict[str, Any]], str]:
    """Whatever goes wrong is kept: a check that cannot be made says something too."""
    try:
        with tempfile.TemporaryDirectory(prefix="drift-", dir=settings.STATE_DIR) as folder:
            found = reproduction(attempt.submission_id).run(Path(folder), say)
    except Exception as error:
        log.exception("%s could not be run again.", attempt)
        return "failed", [], str(error) or type(error).__name__
    return "done", [one._asdict() for one in found], ""
