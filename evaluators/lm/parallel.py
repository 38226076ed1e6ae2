"""Batches side by side on a CPU's cores: one thread of work each, no operation split.

A small model's operations are too short to be worth splitting between cores; whole batches are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

SMALL = 50_000_000
"""Parameters; a larger model keeps all cores busy with one batch, and memory is spared."""

T = TypeVar("T")
R = TypeVar("R")


def cores(model: Any, device: str) -> int:
    """How many batches this model should work on at once."""
    if device != "cpu" or sum(each.numel() for each in model.parameters()) > SMALL:
        return 1
    return torch.get_num_threads()


def side_by_side(work: Callable[[T], R], parts: Iterable[T], workers: int) -> Iterator[R]:
    """What `work` makes of each part, in order, `workers` at a time; the first error ends it."""
    if workers == 1:
        yield from map(work, parts)
        return
    with _one_core_each(), ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, part) for part in parts]
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_core_each() -> Iterator[None]:
    """torch's operations on one thread; threads that begin meanwhile take this over."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
