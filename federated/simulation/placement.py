"""Which worker runs which clients, in which order, and how good that turned out.

The policies are Pollen's (Sani et al., arXiv:2306.17453): equal parts, by size, and longest
processing time first on learned seconds. Ours: the last part of the predicted work is nobody's
and is taken by whoever is free, which mends wrong predictions; and where workers differ, a client
goes to where it finishes first (Gonzalez, Ibarra and Sahni, 1977), not to the least loaded worker.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

import numpy as np

Policy = Literal["round-robin", "by-size", "learned"]
Costs = Sequence[Sequence[float]]
"""Of one client on one class of worker: `costs[class][client]`."""


Own = tuple[tuple[int, ...], ...]
"""Positions of each worker's clients."""


class Plan(NamedTuple):
    """Positions in the cohort: each worker's own in running order, then what any of them takes."""

    own: Own
    shared: tuple[int, ...]
    predicted: tuple[float, ...] | None
    """Seconds of each worker, its expected part of `shared` included; None: not known yet."""

    @property
    def makespan(self) -> float | None:
        """Predicted seconds until the last worker is done."""
        return None if self.predicted is None else max(self.predicted)


def place(
    policy: Policy,
    sizes: Sequence[float],
    predicted: Costs | None,
    workers: Sequence[int],
    steal: float = 0.15,
) -> Plan:
    """Plan one round of `len(sizes)` clients on `len(workers)` workers, at least one.

    `workers[i]` is the class of worker i, `predicted[class][client]` seconds; before there are
    any, `learned` goes by size. `steal` is the share of the work, in its smallest clients, that
    is left in `shared`; each worker's first client never is. Ties go to the earlier client and
    the lower worker, so the same arguments always give the same plan.
    """
    own: Own
    shared: tuple[int, ...] = ()
    if policy == "round-robin":
        own = _equal_parts(len(sizes), len(workers))
    elif policy == "learned" and predicted is not None:
        own, shared = _longest_first(predicted, workers, steal)
    else:
        own, shared = _longest_first([sizes], [0] * len(workers), steal)
    expected = None if predicted is None else _expected(own, shared, predicted, workers)
    return Plan(own, shared, expected)


def lower_bound(times: Sequence[float], workers: int) -> float:
    """No schedule of clients that take `times` on equal workers ends sooner."""
    return max(max(times, default=0.0), sum(times) / workers)


class Ran(NamedTuple):
    """One client as it ran; seconds, `start` since the round began."""

    worker: int
    start: float
    seconds: float


class RoundReport(NamedTuple):
    """How well a round filled its workers. Waiting for the first client counts as idle."""

    makespan: float
    bound: float
    over: float
    """Makespan over its lower bound: 1 is perfect."""
    idle: float
    utilisation: tuple[float, ...]
    longest: float
    """Seconds of the longest client; where this is the bound, no placement can help."""


def round_report(clients: Sequence[Ran], workers: int) -> RoundReport:
    """Figures of one round, from all its clients; an empty round was perfectly idle."""
    times = [ran.seconds for ran in clients]
    makespan = max((ran.start + ran.seconds for ran in clients), default=0.0)
    bound = lower_bound(times, workers)
    busy = np.bincount([ran.worker for ran in clients], times, minlength=workers).tolist()
    utilisation = tuple(min(spent / makespan, 1.0) if makespan else 0.0 for spent in busy)
    over = makespan / bound if bound else 1.0
    idle = 1 - sum(utilisation) / workers
    return RoundReport(makespan, bound, over, idle, utilisation, max(times, default=0.0))


def _equal_parts(clients: int, workers: int) -> Own:
    """The list in the order it was sampled, cut into contiguous parts; the first are larger."""
    parts = np.array_split(np.arange(clients), workers)
    return tuple(tuple(part.tolist()) for part in parts)


def _longest_first(
    costs: Costs, workers: Sequence[int], steal: float
) -> tuple[Own, tuple[int, ...]]:
    """LPT: from the costliest client on, always to the worker where it finishes first.

    One heap a class of worker, so K clients on W workers of C classes take O(K (C + log W)).
    """
    mean = np.average(costs, axis=0, weights=np.bincount(workers, minlength=len(costs)))
    order = np.argsort(-mean, kind="stable").tolist()
    cut = _first_shared(mean[order].tolist(), len(workers), steal)
    own: list[list[int]] = [[] for _ in workers]
    free = _idle_workers(workers)
    for client in order[:cut]:
        kind = min(free, key=lambda kind: _finish(free[kind][0], costs[kind][client]))
        load, placed, worker = free[kind][0]
        heapq.heapreplace(free[kind], (load + costs[kind][client], placed + 1, worker))
        own[worker].append(client)
    return tuple(map(tuple, own)), tuple(order[cut:])


Free = tuple[float, int, int]
"""A worker's load, how many clients it has (so that clients of no cost are dealt), its index."""


def _finish(free: Free, cost: float) -> tuple[float, Free]:
    return free[0] + cost, free


def _idle_workers(workers: Sequence[int]) -> dict[int, list[Free]]:
    """A heap for each class; equal loads in order of worker are one already."""
    free: dict[int, list[Free]] = {}
    for worker, kind in enumerate(workers):
        free.setdefault(kind, []).append((0.0, 0, worker))
    return free


def _first_shared(falling: Sequence[float], workers: int, steal: float) -> int:
    """Where the smallest clients begin that together are at most `steal` of all the work."""
    most = steal * sum(falling)
    shared = sum(work <= most for work in accumulate(reversed(falling))) if steal > 0 else 0
    return max(len(falling) - shared, min(workers, len(falling)))


def _expected(
    own: Sequence[Sequence[int]], shared: Sequence[int], predicted: Costs, workers: Sequence[int]
) -> tuple[float, ...]:
    """Seconds of each worker if all takes as long as predicted and the first free takes next."""
    loads = [
        (sum(predicted[kind][client] for client in mine), worker)
        for worker, (kind, mine) in enumerate(zip(workers, own, strict=True))
    ]
    heapq.heapify(loads)
    for client in shared:
        load, worker = loads[0]
        heapq.heapreplace(loads, (load + predicted[workers[worker]][client], worker))
    return tuple(load for load, _ in sorted(loads, key=lambda entry: entry[1]))
