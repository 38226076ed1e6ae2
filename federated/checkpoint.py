"""A killed run goes on where it stopped: one file, replaced after every round."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from flwr.app import ArrayRecord
from flwr.serverapp.strategy import Strategy
from safetensors import safe_open
from safetensors.numpy import save_file

from .arrays import Arrays
from .program import JobDirectory
from .records import from_record, to_record

MIB = 1024**2


class Account:
    """Running totals of a training run; what a checkpoint keeps beside the arrays."""

    def __init__(self) -> None:
        self.round = 0
        self.bytes_down = 0
        self.bytes_up = 0
        self.examples = 0
        self.tokens = 0
        self.seconds = 0.0
        self.loss: float | None = None

    @property
    def mib(self) -> float:
        """Everything exchanged so far, both ways."""
        return (self.bytes_down + self.bytes_up) / MIB


class Checkpoint:
    """One file that holds all a killed run needs to go on, replaced atomically after a round."""

    def __init__(self, directory: JobDirectory, job_digest: str) -> None:
        self.file = directory.path / "checkpoint.safetensors"
        self.job_digest = job_digest

    def save(self, arrays: ArrayRecord, strategy: Strategy, account: Account) -> None:
        """Keep the aggregate, the strategy's own state and the totals."""
        tensors = {f"model/{name}": array for name, array in from_record(arrays).items()}
        tensors |= {f"strategy/{name}": array for name, array in state_of(strategy).items()}
        state = {"job": self.job_digest, "account": json.dumps(vars(account))}
        draft = self.file.with_suffix(".draft")
        save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, draft, metadata=state)
        draft.replace(self.file)

    def load(self, strategy: Strategy, account: Account) -> Arrays | None:
        """Put the state back and answer the arrays; None when there is nothing of this job."""
        if not self.file.is_file():
            return None
        with safe_open(self.file, framework="numpy") as file:
            state = file.metadata()
            if state["job"] != self.job_digest:
                return None
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
        vars(account).update(json.loads(state["account"]))
        restore(strategy, _under("strategy/", tensors))
        return _under("model/", tensors)


def _under(prefix: str, tensors: dict[str, Any]) -> Arrays:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def state_of(strategy: Strategy) -> Arrays:
    """Every array a Flower strategy keeps between rounds, named attribute/kind/key."""
    state: Arrays = {}
    for attribute, value in vars(strategy).items():
        match value:
            case ArrayRecord():
                items: Any = ((f"record/{k}", v.numpy()) for k, v in value.items())
            case dict() if value and all(isinstance(v, np.ndarray) for v in value.values()):
                items = ((f"dict/{k}", v) for k, v in value.items())
            case list() if value and all(isinstance(v, np.ndarray) for v in value):
                items = ((f"list/{i:06}", v) for i, v in enumerate(value))
            case _:
                continue
        state |= {f"{attribute}/{name}": array for name, array in items}
    return state


def restore(strategy: Strategy, state: Arrays) -> None:
    """Undo `state_of`."""
    kept: dict[tuple[str, str], Arrays] = {}
    for name, array in state.items():
        attribute, kind, key = name.split("/", 2)
        kept.setdefault((attribute, kind), {})[key] = array
    for (attribute, kind), arrays in kept.items():
        setattr(strategy, attribute, _rebuild(kind, dict(sorted(arrays.items()))))


def _rebuild(kind: str, arrays: Arrays) -> ArrayRecord | Arrays | list[Any]:
    match kind:
        case "record":
            return to_record(arrays)
        case "list":
            return list(arrays.values())
        case _:
            return arrays
