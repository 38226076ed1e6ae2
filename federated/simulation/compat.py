"""The only place that imports Flower's internals. Pinned and tested with flwr 1.41.0."""

from __future__ import annotations

import logging
import os

# Before flwr is imported: an engine must not talk to anybody.
os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")

from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

# The engine's log is read by people: rounds are told once, in our own lines.
logging.getLogger("flwr").setLevel(logging.ERROR)

SERVER_NODE_ID = 1


def identify(run_id: int) -> None:
    """Tell Flower who writes this process's messages; SuperLink does it in a deployment."""
    TaskIdentity.task_id = run_id
    TaskIdentity.run_id = run_id
    TaskIdentity.node_id = SERVER_NODE_ID


__all__ = ["SERVER_NODE_ID", "Run", "identify"]
