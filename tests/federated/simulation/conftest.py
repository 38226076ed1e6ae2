"""The quickstart app, run with some of its configuration changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from flwr.app import Message
from flwr.serverapp.strategy import FedAvg

from federated.simulation.apps import load
from federated.simulation.run import Seen, simulate
from federated.simulation.settings import Settings

QUICKSTART = Path(__file__).parent / "apps" / "quickstart"


class Ran(NamedTuple):
    """What came of a run."""

    arrays: list[np.ndarray]
    failures: dict[int, list[str]]
    """The reasons of error replies, by partition."""
    seen: list[Seen]
    profiles: Path


Run = Callable[..., Ran]


@pytest.fixture
def quickstart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function: settings and dotted configuration -> what came of 5 clients and 2 rounds."""

    def run(clients: int = 5, settings: dict[str, Any] | None = None, **config: Any) -> Ran:
        failures: dict[int, list[str]] = {}
        stock = FedAvg._check_and_log_replies

        def check(self: Any, replies: list[Message], is_train: bool, validate: bool = True) -> Any:
            for reply in replies if is_train else []:
                if reply.has_error():
                    partition = reply.metadata.src_node_id - 1
                    failures.setdefault(partition, []).append(reply.error.reason)
            return stock(self, replies, is_train, validate)

        app, seen = load(QUICKSTART), []
        dotted = {key.replace("__", ".").replace("_", "-"): value for key, value in config.items()}
        context = None
        with monkeypatch.context() as patched:
            patched.setattr(FedAvg, "_check_and_log_replies", check)
            context = simulate(
                app.server_app,
                app.client_app,
                clients,
                settings=Settings(**{"workers": 2, **(settings or {})}),
                run_config={**app.run_config, "rounds": 2, **dotted},
                watch=seen.append,
                profiles=tmp_path / "profiles.jsonl",
            )
        arrays = context.state["arrays"].to_numpy_ndarrays()
        return Ran(arrays, failures, seen, tmp_path / "profiles.jsonl")

    return run
