"""How many workers at once: what memory allows, then what the measured speed asks for.

Pollen (arXiv:2306.17453) profiles one client and divides the memory by it, and Protea
(arXiv:2207.01053) does so for GPUs. That is a bound of memory, not the fastest setting: ours starts
from it, for main memory, and climbs on the measured work a second.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median

FEWEST_ROUNDS, MOST_ROUNDS = 2, 8
"""A setting is measured in at least so many rounds, and in no more however noisy they are."""


def memory_bound(available: int, shared: int, per_worker_peak: int, cap: int) -> int:
    """Workers that fit into `available` bytes beside `shared` ones; between 1 and `cap`.

    `per_worker_peak` is what one worker holds for itself at its fullest; 0: not measured yet.
    """
    if per_worker_peak <= 0:
        return max(cap, 1)
    return max(min((available - shared) // per_worker_peak, cap), 1)


MEDIAN_ERROR = 1.4826 * 1.2533
"""Median deviation to standard deviation, times the median's standard error to the mean's."""


class Climber:
    """Hill-climbs the number of workers one at a time, on the work done a second.

    A neighbour is taken if it is faster by `tolerance`, a share; where neither is, the climb
    ends and the setting is frozen. A setting is measured in two rounds, and in up to eight while
    the standard error of its median is above half the tolerance.
    """

    def __init__(self, start: int, low: int, high: int, tolerance: float = 0.03) -> None:
        self._low, self._high, self._tolerance = low, high, tolerance
        self._speeds: dict[int, list[float]] = defaultdict(list)
        self._best = self.workers = min(max(start, low), high)
        self.frozen = low == high

    def observe(self, workers: int, work: float, seconds: float) -> None:
        """One round: `work` in any unit that stays the same (clients, predicted seconds).

        A round that ran on another number of workers than `self.workers` says nothing.
        """
        if self.frozen or workers != self.workers or work <= 0 or seconds <= 0:
            return
        self._speeds[workers].append(work / seconds)
        if self._measured(workers):
            self._step()

    def _measured(self, workers: int) -> bool:
        speeds = self._speeds[workers]
        if len(speeds) < FEWEST_ROUNDS:
            return False
        return len(speeds) >= MOST_ROUNDS or _error(speeds) <= self._tolerance / 2

    def _step(self) -> None:
        """Judge the setting just measured, then measure a neighbour of the best or stop."""
        if self._speed(self.workers) >= (1 + self._tolerance) * self._speed(self._best):
            self._best = self.workers
        around = (self._best + 1, self._best - 1)
        untried = [n for n in around if self._low <= n <= self._high and n not in self._speeds]
        self.frozen = not untried
        self.workers = self._best if self.frozen else untried[0]

    def _speed(self, workers: int) -> float:
        return median(self._speeds[workers])


def _error(speeds: list[float]) -> float:
    """Standard error of the median as a share of it, were the noise normal.

    From the median deviation, so that one round of a worker's first imports does not count.
    """
    middle = median(speeds)
    deviation = median(abs(speed - middle) for speed in speeds)
    return float(MEDIAN_ERROR * deviation / (middle * len(speeds) ** 0.5))
