"""How a round grows with the number of simulated clients: it should not.

A cohort of 100 clients that learn nothing, out of 10^3 to 10^6; each run in a process of its own.
One run gives one point, its median round: the rounds of one process are not independent.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from flwr.app import ArrayRecord, ConfigRecord, Message
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg
from scipy import stats

from .apps import Cohort, idle_client, idle_server
from .measure import command, spans, watched
from .tasks import QUICK, SEED, WORKERS

COHORT = 100
ROUNDS = 15 if QUICK else 40
REPETITIONS = 2 if QUICK else 8
NUMBERS = (1_000, 10_000, 100_000, 1_000_000)


class Listing(FedAvg):
    """Flower's own sampling, which lists all node ids twice a round; notes when a round began."""

    def __init__(self, clients: int, marks: list[float]) -> None:
        super().__init__(fraction_train=COHORT / clients, fraction_evaluate=0.0)
        self._marks = marks

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        self._marks.append(time.monotonic())
        return super().configure_train(server_round, arrays, config, grid)


def idle(job: dict[str, Any]) -> None:
    """The child: one run, told as JSON in `out`, after a small one that imports what is needed."""
    simulated(cohort(COHORT, []), COHORT, 1, [])
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forgets the peak
    clients, marks = job["clients"], list[float]()
    strategy = Listing(clients, marks) if job["listing"] else cohort(clients, marks)
    before, began = status("VmRSS"), time.monotonic()
    simulated(strategy, clients, ROUNDS, marks)
    told = {"set_up": marks[0] - began, "memory": status("VmHWM") - before, "marks": marks}
    with open(job["out"] + ".json", "w", encoding="utf-8") as file:
        json.dump(told, file)


def simulated(strategy: FedAvg, clients: int, rounds: int, marks: list[float]) -> None:
    from federated.simulation.run import simulate
    from federated.simulation.settings import Settings

    server = idle_server(strategy, rounds, marks)
    simulate(server, idle_client(), clients, settings=Settings(workers=WORKERS))


def status(field: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at most since the peak was forgotten."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    found = next(line for line in lines if line.startswith(field + ":"))
    return int(found.split()[1]) * 1024


def cohort(clients: int, marks: list[float]) -> Cohort:
    """Draws the cohort from numbers, without a list of all clients."""

    def members(round: int) -> list[int]:
        return random.Random(SEED * 1000 + round).sample(range(clients), COHORT)

    return Cohort(members, clients, marks)


class Point(NamedTuple):
    """One run: seconds to set up, bytes this process grew at most, seconds of its median round."""

    clients: int
    set_up: float
    memory: int
    round: float


def point(clients: int, listing: bool = False) -> Point:
    with tempfile.TemporaryDirectory() as folder:
        job = {"system": "idle", "clients": clients, "listing": listing, "out": f"{folder}/idle"}
        ended = watched(command(job))
        if ended.code != 0:
            raise RuntimeError(f"the run with {clients} clients failed: {ended.said}")
        with open(f"{folder}/idle.json", encoding="utf-8") as file:
            told = json.load(file)
    steady = statistics.median(spans(told["marks"])[1:])
    return Point(clients, told["set_up"], told["memory"], steady)


class Sweep(NamedTuple):
    """`slope` and its 95 % interval in seconds of a round for each client that is not asked."""

    points: tuple[Point, ...]
    listing: Point
    slope: float
    low: float
    high: float

    @property
    def flat(self) -> bool:
        return self.low <= 0 <= self.high

    def at(self, clients: int) -> Point:
        """Medians of the runs with so many clients."""
        found = [each for each in self.points if each.clients == clients]
        columns = zip(*found, strict=True)
        return Point(*(statistics.median(column) for column in columns))  # type: ignore[arg-type]


def sweep() -> Sweep:
    """All runs in random order, and the least squares line through them."""
    order = [clients for clients in NUMBERS for _ in range(REPETITIONS)]
    random.Random(SEED).shuffle(order)
    points = tuple(point(clients) for clients in order)
    line = stats.linregress([each.clients for each in points], [each.round for each in points])
    half = float(stats.t.ppf(0.975, len(points) - 2) * line.stderr)
    slope = float(line.slope)
    return Sweep(points, point(NUMBERS[-1], True), slope, slope - half, slope + half)
