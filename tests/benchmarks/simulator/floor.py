"""The bare loop: the same learning with nothing around it. No engine is faster than this floor."""

from __future__ import annotations

import time

import torch
from torch import multiprocessing

from . import tasks
from .tasks import WORKERS, Record, Task


def bare(task: Task) -> Record:
    """Two processes, one model each, a shared list of clients, running weighted sums."""
    model = tasks.build(task)
    floor = Floor(task, [p for p in model.parameters() if p.requires_grad])
    tasks.pool(task)
    helper = multiprocessing.get_context("fork").Process(target=floor.help, args=(model,))
    helper.start()
    record = Record([], {}, [])
    for round in range(1, task.rounds + 1):
        record.marks.append(time.monotonic())
        record.steps.append(floor.round(round, model))
    record.marks.append(time.monotonic())
    helper.join()
    arrays = {name: p.clone().numpy() for name, p in zip(tasks.weights(model), floor.current)}
    record.arrays.update(arrays)
    return record


class Floor:
    """The state the bare loop's two processes share."""

    def __init__(self, task: Task, parameters: list[torch.Tensor]) -> None:
        fork = multiprocessing.get_context("fork")
        self.task = task
        self.current = [p.detach().clone().share_memory_() for p in parameters]
        self.sums = [
            [torch.zeros_like(p).share_memory_() for p in self.current] for _ in range(WORKERS)
        ]
        self.totals = torch.zeros(WORKERS, 2, dtype=torch.float64).share_memory_()
        self.next = fork.Value("l", 0)
        self.barrier = fork.Barrier(WORKERS)

    def help(self, model: torch.nn.Module) -> None:
        torch.set_num_threads(1)
        for round in range(1, self.task.rounds + 1):
            self.share(1, round, model)
            self.barrier.wait()

    def round(self, round: int, model: torch.nn.Module) -> float:
        """One round; answers the mean steps of a client, weighted by its examples."""
        self.share(0, round, model)
        examples, steps = self.totals.sum(0).tolist()
        for place, parameter in enumerate(self.current):
            parameter.add_(self.sums[0][place] + self.sums[1][place], alpha=1 / examples)
        self.next.value = 0
        self.barrier.wait()
        return float(steps / examples)

    def share(self, rank: int, round: int, model: torch.nn.Module) -> None:
        """Take clients, the largest first, until none is left."""
        sizes = tasks.sizes(self.task)
        cohort = sorted(self.task.cohort(round), key=lambda member: -sizes[member])
        parameters = [p.detach() for p in model.parameters() if p.requires_grad]
        sums, totals = self.sums[rank], self.totals[rank]
        torch._foreach_zero_(sums)
        totals.zero_()
        while (place := self.take()) < len(cohort):
            torch._foreach_copy_(parameters, self.current)
            examples = tasks.data(self.task, cohort[place])
            steps, n = tasks.learn(self.task, model, examples), len(examples[0])
            # Differences, as sums of whole weights lose digits.
            torch._foreach_sub_(parameters, self.current)
            torch._foreach_add_(sums, parameters, alpha=n)
            totals += torch.tensor([n, n * steps], dtype=torch.float64)
        self.barrier.wait()

    def take(self) -> int:
        with self.next.get_lock():
            self.next.value += 1
            return int(self.next.value - 1)
