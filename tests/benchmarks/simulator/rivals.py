"""Who runs the tasks: our engine, and stock Flower with Ray."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import tasks
from .apps import client_app, server_app
from .tasks import WORKERS, Habit, Record, Task


def ours(task: Task, habit: Habit, settings: Mapping[str, Any], profiles: Path | None) -> Record:
    """Our engine; `settings` are those of `federated.simulation.settings.Settings`."""
    from federated.simulation.run import simulate
    from federated.simulation.settings import Settings

    record = Record([], {}, [])
    chosen = Settings(**{"workers": WORKERS, **settings})
    sizes = tasks.sizes(task)
    simulate(
        server_app(task, record),
        client_app(task.name, habit),
        task.clients,
        settings=chosen,
        profiles=profiles,
        size_of=lambda member: math.ceil(sizes[member] / task.batch),
    )
    return record


def stock(task: Task, habit: Habit) -> Record:
    """Flower's simulation with Ray: one core a client, no dashboard, no log forwarding."""
    from flwr.server.superlink.linkstate import in_memory_linkstate
    from flwr.simulation import run_simulation

    # Flower draws node ids at random; counted ones let the server know who holds which partition.
    # 0 and 1 are taken.
    ids = itertools.count(2)
    in_memory_linkstate.generate_rand_int_from_bytes = lambda *_, **__: next(ids)
    record = Record([], {}, [])
    quiet = {"num_cpus": WORKERS, "include_dashboard": False, "log_to_driver": False}
    run_simulation(
        server_app(task, record),
        client_app(task.name, habit),
        task.clients,
        backend_config={"init_args": quiet, "client_resources": {"num_cpus": 1, "num_gpus": 0.0}},
    )
    return record
