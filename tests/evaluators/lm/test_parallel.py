"""Batches side by side: in order, on one core each, and the first error is the run's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from evaluators.lm.parallel import SMALL, cores, side_by_side


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def model(parameters: int) -> Any:
    return SimpleNamespace(parameters=lambda: iter([torch.empty(parameters, device="meta")]))


def test_results_come_in_the_order_of_the_parts(two_threads: None) -> None:
    slow = threading.Event()

    def work(part: int) -> int:
        if part == 0:
            slow.wait(5)
        slow.set()
        return part * part

    assert list(side_by_side(work, range(5), 2)) == [0, 1, 4, 9, 16]
    assert list(side_by_side(work, range(5), 1)) == [0, 1, 4, 9, 16]


def test_each_part_has_one_core_and_the_rest_are_given_back(two_threads: None) -> None:
    assert list(side_by_side(lambda part: torch.get_num_threads(), range(3), 2)) == [1, 1, 1]
    assert torch.get_num_threads() == 2


def test_an_error_ends_the_run_and_what_has_not_begun_never_does(two_threads: None) -> None:
    begun: list[int] = []

    def work(part: int) -> None:
        begun.append(part)
        if part == 0:
            raise ValueError("no numbers")
        released.wait(5)

    released = threading.Event()
    threading.Timer(0.2, released.set).start()
    with pytest.raises(ValueError, match="no numbers"):
        list(side_by_side(work, range(50), 2))
    assert len(begun) < 50 and torch.get_num_threads() == 2


def test_only_a_small_model_on_a_cpu_works_on_several_batches(two_threads: None) -> None:
    assert cores(model(1000), "cpu") == 2
    assert cores(model(1000), "cuda") == 1
    assert cores(model(SMALL + 1), "cpu") == 1
