"""Scores above chance with their standard errors: of one domain, and of several together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from evaluators.scoring import Z95
from leaderboard.models import Score, TaskScore


class Estimate(NamedTuple):
    """A score as a fraction; without a standard error it has no interval."""

    value: float
    stderr: float | None

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval."""
        return None if self.stderr is None else self.value - Z95 * self.stderr

    @property
    def high(self) -> float | None:
        """Upper end of the 95 % interval."""
        return None if self.stderr is None else self.value + Z95 * self.stderr


def of_domain(score: Score) -> Estimate | None:
    """A domain's chance-corrected score, its tasks independent strata; None when it has none."""
    if score.corrected is None:
        return None
    errors = [
        None if (found := _task_stderr(task)) is None else weight * found
        for task, weight in weights(score)
    ]
    return Estimate(score.corrected, _added(errors))


def of_line(scores: Sequence[Score]) -> Estimate:
    """The mean over domains that all have a score, the domains independent strata."""
    parts = [part for part in map(of_domain, scores) if part is not None]
    together = _added([part.stderr for part in parts])
    return Estimate(
        math.fsum(part.value for part in parts) / len(parts),
        None if together is None else together / len(parts),
    )


def weights(score: Score) -> list[tuple[TaskScore, float]]:
    """How much a step of each task's accuracy moves the domain's chance-corrected score."""
    tasks = list(score.tasks.all())
    return [(task, 1 / (len(tasks) * (1 - task.chance))) for task in tasks]


def _task_stderr(task: TaskScore) -> float | None:
    """Of the task's accuracy. The stored one divides by n - 1, an average's by n."""
    if task.accuracy is None or not task.n:
        return None
    if task.stderr is None:
        return math.sqrt(task.accuracy * (1 - task.accuracy) / task.n)
    return task.stderr * math.sqrt((task.n - 1) / task.n)


def _added(errors: Sequence[float | None]) -> float | None:
    """Of the sum of independent parts; None when one of them is unknown."""
    known = [error for error in errors if error is not None]
    return math.hypot(*known) if errors and len(known) == len(errors) else None
