"""From items to scores, with their uncertainty. Pure: no files, no models.

Shares are fractions from 0 to 1. The interval of one task is Wilson's; that of a suite's unweighted
mean treats the tasks as independent strata (platform specification 1.12):

    SE(mean) = (1/k) sqrt( sum_i p_i (1 - p_i) / n_i )

An item that was sampled several times scores the mean over its samples. Such scores vary less from
item to item than single verdicts do, so that n items are worth more than n: both formulas then take
the effective size, the n at which single verdicts would vary as much.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from .job import ProtocolScore, TaskScore

Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


class Tally(NamedTuple):
    """The items of one task under one protocol, counted; `samples` completions each.

    `correct` and `compliant` are sums over items of the share of their samples, `spread` the sum
    of p (1 - p) over items: 0 for one sample each.
    """

    n: int
    correct: float
    compliant: float
    samples: int = 1
    spread: float = 0.0

    @property
    def accuracy(self) -> float:
        """The mean score of an item; for several samples the unbiased estimate of pass@1."""
        return self.correct / self.n

    @property
    def variance(self) -> float:
        """Of the items' scores, divided by n: p (1 - p) for one sample each."""
        return max(0.0, self.accuracy * (1 - self.accuracy) - self.spread / self.n)


def tally(item_ids: Sequence[str], correct: Sequence[bool], compliant: Sequence[bool]) -> Tally:
    """Count three columns of an items file."""
    asked = Counter(item_ids)
    right = Counter(item for item, yes in zip(item_ids, correct, strict=True) if yes)
    formed = Counter(item for item, yes in zip(item_ids, compliant, strict=True) if yes)
    samples = len(item_ids) // max(1, len(asked))
    return Tally(
        n=len(asked),
        correct=sum(right.values()) / samples if samples else 0,
        compliant=sum(formed.values()) / samples if samples else 0,
        samples=max(1, samples),
        spread=math.fsum(c / samples * (1 - c / samples) for c in right.values()),
    )


def wilson(correct: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927): it stays in [0, 1], also at 0 and n."""
    p, z2 = correct / n, Z95**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for the last bit.
    return (0.0 if correct == 0 else middle - half), (1.0 if correct == n else middle + half)


def sample_stderr(variance: float, n: int) -> float | None:
    """sqrt(variance / (n - 1)), with p (1 - p) as lm-eval reports it; None for a single item."""
    return math.sqrt(variance / (n - 1)) if n > 1 else None


def effective_size(p: float, variance: float, n: int, samples: int = 1) -> float:
    """The n at which single verdicts would vary as much; at most one a completion."""
    single = p * (1 - p)
    if single == 0 or samples == 1:
        return n
    return min(n * single / variance, n * samples) if variance > 0 else n * samples


def above_chance(accuracy: float, chance: float) -> float:
    """0 at chance, 1 when all is right; negative below chance."""
    return (accuracy - chance) / (1 - chance)


def score_task(task: str, chance: float, counted: Tally, items: str) -> TaskScore:
    """The score of a task; no items is no score."""
    n = counted.n
    if n == 0:
        return unscored_task(task, chance, "There are no items.")
    accuracy = counted.accuracy
    size = effective_size(accuracy, counted.variance, n, counted.samples)
    low, high = wilson(accuracy * size, size)
    return TaskScore(
        task=task,
        n=n,
        samples=counted.samples,
        accuracy=accuracy,
        stderr=sample_stderr(counted.variance, n),
        low=low,
        high=high,
        chance=chance,
        corrected=above_chance(accuracy, chance),
        compliance=counted.compliant / n,
        items=items,
    )


def unscored_task(task: str, chance: float, reason: str) -> TaskScore:
    """A task without a score: never 0, always a reason."""
    return TaskScore(
        task=task,
        n=0,
        accuracy=None,
        stderr=None,
        low=None,
        high=None,
        chance=chance,
        corrected=None,
        compliance=None,
        items=None,
        unscored=reason,
    )


def stratified_stderr(shares: Sequence[float], sizes: Sequence[float]) -> float:
    """Standard error of the unweighted mean of independent shares."""
    variance = sum(p * (1 - p) / n for p, n in zip(shares, sizes, strict=True))
    return math.sqrt(variance) / len(shares)


def score_protocol(tasks: Sequence[TaskScore]) -> ProtocolScore:
    """The mean over tasks with its interval; no mean unless every task has a score."""
    missing = [f"{task.task}: {task.unscored}" for task in tasks if task.accuracy is None]
    if missing or not tasks:
        return _no_average(tasks, "; ".join(missing) or "There are no tasks.")
    shares = [task.accuracy for task in tasks if task.accuracy is not None]
    average = math.fsum(shares) / len(shares)
    stderr = stratified_stderr(shares, [_size(task) for task in tasks])
    return ProtocolScore(
        tasks=tuple(tasks),
        average=average,
        stderr=stderr,
        low=average - Z95 * stderr,
        high=average + Z95 * stderr,
        corrected=math.fsum(above_chance(task.accuracy or 0.0, task.chance) for task in tasks)
        / len(tasks),
    )


def _size(task: TaskScore) -> float:
    """A scored task's effective number of items."""
    p, n = task.accuracy or 0.0, task.n
    variance = (task.stderr or 0.0) ** 2 * (n - 1)
    return effective_size(p, variance, n, task.samples)


def _no_average(tasks: Sequence[TaskScore], reason: str) -> ProtocolScore:
    return ProtocolScore(
        tasks=tuple(tasks),
        average=None,
        stderr=None,
        low=None,
        high=None,
        corrected=None,
        unscored=reason,
    )
