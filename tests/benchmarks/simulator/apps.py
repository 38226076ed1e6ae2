"""The Flower apps of the benchmark, written as Flower's templates are: no engine is mentioned."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg
from torch import nn

from . import tasks
from .tasks import Habit, Record, Task


class Cohort(FedAvg):
    """FedAvg that asks the partitions it is told to ask, and notes when each round began."""

    def __init__(self, members: Callable[[int], list[int]], nodes: int, marks: list[float]) -> None:
        super().__init__(fraction_evaluate=0.0)
        self._members, self._nodes, self._marks = members, nodes, marks

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        self._marks.append(time.monotonic())
        nodes = self._ids(grid)
        config["server-round"] = server_round
        record = RecordDict({"arrays": arrays, "config": config})
        chosen = [nodes[member] for member in self._members(server_round)]
        return self._construct_messages(record, chosen, "train")

    def _ids(self, grid: Grid) -> Sequence[int]:
        """Node ids in the order of their partitions; waits until all are there."""
        nodes = grid.get_node_ids()
        while len(nodes) < self._nodes:  # type: ignore[arg-type]
            time.sleep(0.01)
            nodes = grid.get_node_ids()
        return nodes if isinstance(nodes, Sequence) else sorted(nodes)


@functools.cache
def resident(name: str) -> nn.Module:
    return tasks.build(tasks.TASKS[name])


def client_app(name: str, habit: Habit) -> ClientApp:
    """The client side of a task.

    Ray gets `train` by value, with what it names: so it names modules, which travel by reference
    and keep their caches.
    """
    if name == "lora":
        # A template's app imports them at its top; so they are there before its first message.
        from . import adapter  # noqa: F401
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        torch.set_num_threads(1)
        task = tasks.TASKS[name]
        model = resident(name) if habit == "resident" else tasks.build(task)
        tasks.write(model, message.content["arrays"].to_torch_state_dict())
        examples = tasks.data(task, int(context.node_config["partition-id"]))
        steps = tasks.learn(task, model, examples)
        metrics = MetricRecord({"num-examples": len(examples[0]), "steps": steps})
        arrays = ArrayRecord(tasks.weights(model))
        return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)

    return app


def server_app(task: Task, record: Record) -> ServerApp:
    """The server side; what it saw is in `record` after the run."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        strategy = Cohort(task.cohort, task.clients, record.marks)
        first = ArrayRecord(tasks.weights(tasks.build(task)))
        result = strategy.start(grid, first, num_rounds=task.rounds)
        record.marks.append(time.monotonic())
        record.arrays.update({name: array.numpy() for name, array in result.arrays.items()})
        seen = result.train_metrics_clientapp.values()
        record.steps.extend(float(metrics["steps"]) for metrics in seen)  # type: ignore[arg-type]

    return app


def idle_client() -> ClientApp:
    """Answers with a thousand numbers, having learned nothing."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        metrics = MetricRecord({"num-examples": 1})
        arrays: Any = message.content["arrays"]
        return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)

    return app


def idle_server(strategy: FedAvg, rounds: int, marks: list[float]) -> ServerApp:
    """Sends a thousand numbers, for so many rounds."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        first = ArrayRecord([np.zeros(1000, np.float32)])
        strategy.start(grid, first, num_rounds=rounds)
        marks.append(time.monotonic())

    return app
