"""A client's state outlives rounds, memory limits and workers."""

from __future__ import annotations

from federated.simulation.states import States
from tests.federated.simulation.conftest import Run


def test_only_what_was_left_is_kept() -> None:
    states = States()
    assert states.get(1) is None
    states.put(1, b"one")
    states.put(2, None)
    assert (states.get(1), states.get(2)) == (b"one", None)
    states.put(1, None)
    assert states.get(1) is None


def test_the_longest_unused_go_to_disk_and_come_back() -> None:
    states = States(in_memory=10)
    for node in range(5):
        states.put(node, bytes([node]) * 4)
    assert len(states._held) == 2
    assert [states.get(node) for node in range(5)] == [bytes([n]) * 4 for n in range(5)]
    states.put(0, b"new")
    assert states.get(0) == b"new"
    assert states.get(1) == b"\x01" * 4


def test_a_client_remembers_its_rounds_on_any_worker(quickstart: Run) -> None:
    """The app counts in its state how often each client took part: 3 rounds, everybody in each."""
    ran = quickstart(rounds=3, settings={"workers": 3})
    assert ran.failures == {}
    last = [seen for seen in ran.seen if seen.kind == "train" and seen.round == 3][-1]
    assert (last.done, last.of, last.failed) == (5, 5, 0)
