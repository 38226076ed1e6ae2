"""How many workers a machine runs, where nobody set their number: cores, memory, then speed."""

from __future__ import annotations

import psutil

from .concurrency import Climber, memory_bound
from .devices import cores
from .work import Backend

CLIENTS_A_WORKER = 2
"""A round with fewer clients says little of how fast so many workers are."""


class Sizing:
    """Starts with a worker a core and climbs on what is measured; memory has the last word.

    Until a client has run, a worker is taken to need what this process holds for itself.
    """

    def __init__(self, threads: int = 1) -> None:
        self._most = max(cores() // threads, 1) + 1
        fit = _fitting(_own_memory(), 0, self._most)
        self.start = max(1, min(fit, self._most - 1))
        self._climber = Climber(self.start, low=1, high=max(fit, self.start))

    def after(self, backend: Backend, clients: int, work: float, seconds: float) -> None:
        """Take in a round of `clients` that did `work` in `seconds`, and resize for the next."""
        workers = len(backend.workers)
        if clients >= CLIENTS_A_WORKER * workers:
            self._climber.observe(workers, work, seconds)
        held = backend.memory
        fit = _fitting(held // workers, held, self._most) if held else self._most
        backend.resize(max(1, min(self._climber.workers, fit)))


def _fitting(per_worker: int, held: int, most: int) -> int:
    """Workers of that size in the memory that is free, or theirs already."""
    return memory_bound(psutil.virtual_memory().available + held, 0, per_worker, most)


def _own_memory() -> int:
    memory = psutil.Process().memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))
