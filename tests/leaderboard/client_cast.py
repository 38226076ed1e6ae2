"""Profiles and partitions for tests: plausible files as an engine writes them, always the same."""

from __future__ import annotations

import heapq
import json
from random import Random
from typing import Any

from leaderboard import storage
from leaderboard.models import Attempt, Submission

Json = dict[str, Any]

LABELS = ["positive", "neutral", "negative", "mildly positive", "mildly negative", "other"]
EDGES = [0, 16, 32, 48, 64, 96, 128, 192, 256]


def client_line(round: int, client: int, worker: int = 0, **more: Any) -> Json:
    """One turn of two seconds."""
    return {
        "event": "client", "round": round, "kind": "train", "client": client, "worker": worker,
        "device": "cpu", "start": 0.0, "seconds": 2.0, "cpu_seconds": 1.5, "predicted": None,
        "size": 10, "examples": 10, "tokens": 1000, "bytes_down": 2**20, "bytes_up": 2**20,
        "peak_memory": 300 * 2**20, "gpu_memory": None, "outcome": "done", "stolen": False,
        "attempt": 1, **more,
    }  # fmt: skip


def round_line(round: int, **more: Any) -> Json:
    """A round of four seconds on two workers."""
    return {
        "event": "round", "round": round, "kind": "train", "policy": "learned", "workers": 2,
        "clients": 3, "started": 1_764_000_000.0 + round, "seconds": 4.2, "makespan": 4.0,
        "bound": 3.0, "predicted": None, "idle": 0.25, "utilisation": [1.0, 0.5], **more,
    }  # fmt: skip


def lines(*found: Json) -> bytes:
    """A file of these lines."""
    return "".join(json.dumps(line) + "\n" for line in found).encode()


SMALL = lines(
    client_line(1, 0),
    client_line(1, 1, start=2.0, predicted=1.0),
    client_line(1, 2, worker=1, outcome="failed", seconds=1.0),
    round_line(1),
    client_line(2, 0, predicted=2.0),
    client_line(2, 1, worker=1, predicted=4.0, stolen=True),
    round_line(2, predicted=5.0, bound=4.0, clients=2, idle=0.5, utilisation=[0.5, 0.5]),
)
"""Two rounds on two workers; one client failed, one was taken over, three were predicted."""


def profile(rounds: int = 14, clients: int = 10, of: int = 20, workers: int = 4) -> bytes:
    """Rounds whose predictions get better; client sizes are log-normal."""
    random = Random(7)
    sizes = [max(8, round(random.lognormvariate(3.6, 0.7))) for _ in range(of)]
    found: list[Json] = []
    for number in range(1, rounds + 1):
        drawn = random.sample(range(of), clients)
        found += _round(random, number, sorted(drawn, key=lambda c: -sizes[c]), sizes, workers)
    return lines(*found)


def _round(
    random: Random, number: int, drawn: list[int], sizes: list[int], workers: int
) -> list[Json]:
    """The longest first, each to the worker that is free next."""
    free = [(0.01, worker) for worker in range(workers)]
    busy, turns = [0.0] * workers, []
    for place, client in enumerate(drawn):
        start, worker = heapq.heappop(free)
        expected = 0.2 + 0.055 * sizes[client]
        seconds = expected * random.lognormvariate(0, 0.07)
        guess = expected * random.lognormvariate(0, 0.02 + 0.4 / number) if number > 1 else None
        failed = (number, place) == (9, 4)
        turns.append(
            client_line(
                number, client, worker, start=round(start, 4), seconds=round(seconds, 4),
                predicted=guess, cpu_seconds=round(seconds * 0.97, 4), size=sizes[client],
                examples=sizes[client], tokens=sizes[client] * 61,
                peak_memory=round((410 + 1.3 * sizes[client] + 9 * random.random()) * 2**20),
                stolen=place == len(drawn) - 1 and number % 2 == 0,
                outcome="failed" if failed else "done",
            )
        )  # fmt: skip
        busy[worker] += seconds
        heapq.heappush(free, (start + seconds + 0.004, worker))
    makespan = max(turn["start"] + turn["seconds"] for turn in turns)
    longest = max(turn["seconds"] for turn in turns)
    guessed = makespan * random.lognormvariate(0, 0.3 / number) if number > 1 else None
    end = round_line(
        number, workers=workers, clients=len(drawn), seconds=makespan + 0.2, makespan=makespan,
        bound=max(longest, sum(busy) / workers), predicted=guessed,
        idle=1 - sum(busy) / (workers * makespan), utilisation=[b / makespan for b in busy],
    )  # fmt: skip
    return [*turns, end]


def partition(clients: int = 20, labels: list[str] = LABELS, **more: Any) -> bytes:
    """A Dirichlet mix of labels, log-normal sizes, lengths that differ a little."""
    random = Random(3)
    counts, bins = [], []
    for _ in range(clients):
        size = max(20, round(random.lognormvariate(5.2, 0.5)))
        counts.append(_dealt(random, size, [random.gammavariate(0.5, 1) for _ in labels]))
        middle = random.uniform(1.5, 4.5)
        bins.append(_dealt(random, size, [2.0 ** -abs(n - middle) for n in range(len(EDGES))]))
    found = {
        "kind": "dirichlet", "clients": clients, "seed": 42, "parameters": {"concentration": 0.5},
        "label": "what the news means for the price", "sizes": [sum(row) for row in counts],
        "labels": labels, "counts": counts,
        "lengths": {"unit": "words", "edges": EDGES, "counts": bins}, **more,
    }  # fmt: skip
    return json.dumps(found).encode()


def _dealt(random: Random, rows: int, weights: list[float]) -> list[int]:
    dealt = random.choices(range(len(weights)), [w + 1e-9 for w in weights], k=rows)
    return [dealt.count(n) for n in range(len(weights))]


def keep(made: Submission, profiles: bytes = b"", partition: bytes = b"") -> str:
    """Store files with a submission's attempt, as a worker would; answers its page's address."""
    Attempt.objects.filter(submission=made).update(
        profiles=storage.put(profiles) if profiles else "",
        partition=storage.put(partition) if partition else "",
    )
    return f"/submissions/{made.pk}/"
