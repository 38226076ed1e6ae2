"""The number of workers follows cores, memory and speed; a number that was set is kept."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from federated.simulation import sizing
from federated.simulation.sizing import Sizing

GIB = 1024**3


class Fake:
    """A backend that is as large as it was last told to be."""

    def __init__(self, workers: int, per_worker: int = 0) -> None:
        self.count, self.per_worker = workers, per_worker

    @property
    def workers(self) -> Sequence[str]:
        return ["cpu"] * self.count

    @property
    def memory(self) -> int:
        return self.count * self.per_worker

    def resize(self, workers: int) -> None:
        self.count = workers


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Eight cores, 16 GiB free, a process of 1 GiB."""
    here = SimpleNamespace(available=16 * GIB, own=GIB)
    memory = lambda: SimpleNamespace(available=here.available)  # noqa: E731
    monkeypatch.setattr(sizing, "cores", lambda: 8)
    monkeypatch.setattr(sizing, "_own_memory", lambda: here.own)
    monkeypatch.setattr(sizing.psutil, "virtual_memory", memory)
    return here


def test_a_worker_a_core_where_memory_allows(machine: SimpleNamespace) -> None:
    assert Sizing().start == 8
    assert Sizing(threads=3).start == 2  # 8 // 3
    machine.own = 6 * GIB
    assert Sizing().start == 2  # 16 // 6
    machine.own = 40 * GIB
    assert Sizing().start == 1


def test_a_slower_neighbour_is_left_again(machine: SimpleNamespace) -> None:
    """Throughput has its top at 6 workers: 8 is given up in small steps."""
    size, backend = Sizing(), Fake(8)
    for _ in range(40):
        workers = backend.count
        speed = workers if workers <= 6 else 12 - workers
        size.after(backend, 100, work=100, seconds=100 / speed)
    assert backend.count == 6


def test_what_clients_really_take_has_the_last_word(machine: SimpleNamespace) -> None:
    size, backend = Sizing(), Fake(8, per_worker=4 * GIB)
    machine.available = -16 * GIB  # eight hold 32 GiB, half of it too much
    size.after(backend, 100, work=1, seconds=1)
    assert backend.count == 4


def test_a_small_round_says_nothing(machine: SimpleNamespace) -> None:
    size, backend = Sizing(), Fake(8)
    for _ in range(10):
        size.after(backend, 15, work=1, seconds=1)
    assert backend.count == 8
