"""What is learned: four tasks with synthetic data, the same batches and cohorts for every system.

Nothing is random after the data are drawn: batches are slices in order, models start from a seed,
and cohorts are drawn from (seed, round). So every system must end with the same weights. Rates are
small and perceptrons smooth: at the kink of a rectifier a difference of one rounding grows.
"""

from __future__ import annotations

import functools
import math
import os
import random
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from .models import adapted, cnn, mlp

SEED = 42
WORKERS = 2
"""Processes of every system, each with one thread."""

Examples = tuple[Tensor, Tensor]

Habit = Literal["resident", "per message"]
"""Whether a client app keeps its model or builds (and loads) it for every message."""


class Record(NamedTuple):
    """What a run leaves: the moments each round began and the last ended, and the final arrays."""

    marks: list[float]
    arrays: dict[str, np.ndarray]
    steps: list[float]
    """For each round the mean steps of a client, weighted by its examples."""


class Task(NamedTuple):
    """`shape` is one input's; `pool` rows are drawn once, a client's rows are a slice of them."""

    name: str
    title: str
    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    clients: int
    cohort_size: int
    rounds: int
    batch: int
    rate: float
    size: int
    """Examples of one client; the median where `spread` is not 0."""
    spread: float = 0.0
    """Standard deviation of the logarithm of the sizes."""
    pool: int = 4000
    vocabulary: int = 0
    """Tokens instead of real numbers, from so many."""

    def cohort(self, round: int) -> list[int]:
        """Partition ids of a round (the first is 1), the same for every system."""
        return random.Random(SEED * 1000 + round).sample(range(self.clients), self.cohort_size)


def sized(task: Task) -> list[int]:
    """Examples of each client."""
    draws = np.random.default_rng(SEED).normal(size=task.clients)
    sizes = np.exp(np.log(task.size) + task.spread * draws)
    return [int(size) for size in np.clip(sizes, min(60, task.size), task.pool // 2).round()]


@functools.cache
def pool(task: Task) -> Examples:
    """The rows all clients take slices of; drawn once a process."""
    draw = torch.Generator().manual_seed(SEED)
    if task.vocabulary:
        tokens = torch.randint(task.vocabulary, (task.pool, *task.shape), generator=draw)
        return tokens, tokens
    inputs = torch.randn((task.pool, *task.shape), generator=draw)
    return inputs, torch.randint(10, (task.pool,), generator=draw)


@functools.cache
def sizes(task: Task) -> list[int]:
    return sized(task)


def data(task: Task, partition: int) -> Examples:
    """Views of a client's inputs and labels, no copies."""
    inputs, labels = pool(task)
    size = sizes(task)[partition]
    start = partition * 7919 % (task.pool - size + 1)
    return inputs[start : start + size], labels[start : start + size]


def steps(task: Task) -> int:
    """Optimizer steps of a whole run, all clients together."""
    cohorts = (task.cohort(round) for round in range(1, task.rounds + 1))
    return sum(math.ceil(sizes(task)[member] / task.batch) for each in cohorts for member in each)


def batches(examples: Examples, size: int) -> Iterator[Examples]:
    inputs, labels = examples
    for at in range(0, len(inputs), size):
        yield inputs[at : at + size], labels[at : at + size]


def learn(task: Task, model: nn.Module, examples: Examples) -> int:
    """One epoch of plain SGD; answers the number of steps."""
    steps = 0
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=task.rate)
    for inputs, labels in batches(examples, task.batch):
        optimizer.zero_grad()
        model.loss(inputs, labels).backward()  # type: ignore[operator]
        optimizer.step()
        steps += 1
    return steps


def build(task: Task) -> nn.Module:
    """A new model with the task's first weights."""
    torch.manual_seed(SEED)
    return task.make().train()


def weights(model: nn.Module) -> dict[str, Tensor]:
    """What is exchanged: the trainable parameters themselves, not copies."""
    return {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}


def write(model: nn.Module, arrays: dict[str, Tensor]) -> None:
    for name, parameter in weights(model).items():
        parameter.copy_(arrays[name])


QUICK = bool(int(os.environ.get("QUICK") or 0))

ROUNDS = 4 if QUICK else 6
TASKS = {
    task.name: task
    for task in (
        Task(
            "tiny", "784-39-10 perceptron, 31,015 parameters", lambda: mlp(39), (784,),
            clients=200 if QUICK else 1000, cohort_size=200 if QUICK else 1000,
            rounds=4, batch=10, rate=0.01, size=20,
        ),
        Task(
            "cnn", "pfl's CIFAR-10 CNN, 1,626,442 parameters", cnn, (3, 32, 32),
            clients=1000, cohort_size=20, rounds=ROUNDS, batch=10, rate=0.005, size=50,
        ),
        Task(
            "lognormal", "784-1024-10 perceptron, 814,090 parameters", lambda: mlp(1024), (784,),
            clients=600, cohort_size=40, rounds=2 * ROUNDS, batch=10, rate=0.001,
            size=180, spread=1.0,
        ),
        Task(
            "lora", "4-layer Llama, LoRA of rank 8 on q and v", adapted, (32,),
            clients=50, cohort_size=10, rounds=ROUNDS, batch=4, rate=0.05,
            size=8, vocabulary=2048, pool=512,
        ),
    )
}  # fmt: skip
