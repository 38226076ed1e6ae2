"""pfl-research 0.6.0 on a task; one rank of `torchrun`. Runs in `.venv-bench`, where pfl is."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from pfl.aggregate.simulate import SimulatedBackend
from pfl.aggregate.weighting import WeightByDatapoints
from pfl.algorithm.base import NNAlgorithmParams
from pfl.algorithm.federated_averaging import FederatedAveraging
from pfl.callback.base import TrainingProcessCallback
from pfl.data.dataset import Dataset
from pfl.data.federated_dataset import FederatedDataset
from pfl.hyperparam import NNEvalHyperParams, NNTrainHyperParams
from pfl.metrics import Metrics
from pfl.model.pytorch import PyTorchModel

from . import tasks
from .tasks import Record, Task


class Members:
    """Names the clients of one cohort after another, and round again: pfl samples ahead."""

    def __init__(self, task: Task) -> None:
        rounds = range(1, task.rounds + 1)
        self.order = [member for round in rounds for member in task.cohort(round)]
        self.at = 0

    def __call__(self) -> int:
        self.at += 1
        return self.order[(self.at - 1) % len(self.order)]


class Marks(TrainingProcessCallback):  # type: ignore[misc]
    """Notes when each round began."""

    def __init__(self, marks: list[float]) -> None:
        self.marks = marks

    def on_train_begin(self, *, model: Any) -> Metrics:
        self.marks.append(time.monotonic())
        return Metrics()

    def after_central_iteration(
        self, aggregate_metrics: Metrics, model: Any, *, central_iteration: int
    ) -> tuple[bool, Metrics]:
        self.marks.append(time.monotonic())
        return False, Metrics()


def dataset(task: Task) -> FederatedDataset:
    """The clients' data; where sizes differ, pfl balances its processes by them."""
    sizes = dict(enumerate(tasks.sizes(task))) if task.spread else None

    def make(member: int) -> Dataset:
        return Dataset(tasks.data(task, member), user_id=str(member))

    return FederatedDataset(make, Members(task), user_id_to_weight=sizes)


def counted(model: torch.nn.Module) -> list[int]:
    """Count the steps of this process: calls of the loss."""
    count, loss = [0], model.loss

    def counting(*batch: torch.Tensor) -> torch.Tensor:
        count[0] += 1
        return loss(*batch)  # type: ignore[operator, no-any-return]

    model.loss = counting  # type: ignore[assignment]
    return count


def pfl(task: Task) -> Record:
    """Federated averaging weighted by examples; the server adds the mean difference."""
    np.random.seed(tasks.SEED)
    torch.set_num_threads(1)
    record, built = Record([], {}, []), tasks.build(task)
    count = counted(built)
    trained = [p for p in built.parameters() if p.requires_grad]
    model = PyTorchModel(built, torch.optim.SGD, torch.optim.SGD(trained, lr=1.0))
    params = NNAlgorithmParams(
        central_num_iterations=task.rounds,
        evaluation_frequency=task.rounds + 1,
        train_cohort_size=task.cohort_size,
        val_cohort_size=None,
    )
    train = NNTrainHyperParams(
        local_num_epochs=1, local_learning_rate=task.rate, local_batch_size=task.batch
    )
    data = dataset(task)
    backend = SimulatedBackend(data, data, [WeightByDatapoints()])
    algorithm = Unwatched()
    algorithm.run(
        params, backend, model, train, NNEvalHyperParams(None), callbacks=[Marks(record.marks)]
    )
    record.arrays.update({name: p.clone().numpy() for name, p in tasks.weights(built).items()})
    total = torch.tensor(count)
    torch.distributed.all_reduce(total)
    record.steps.append(float(total[0]))
    return record


class Unwatched(FederatedAveraging):  # type: ignore[misc]
    """Leaves out the evaluation before and after each client that pfl does in its first round."""

    def get_next_central_contexts(self, *arguments: Any) -> Any:
        contexts, model, metrics = super().get_next_central_contexts(*arguments)
        for context in contexts or ():
            object.__setattr__(context, "do_evaluation", False)
        return contexts, model, metrics
