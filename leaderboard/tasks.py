"""What the broker's messages mean. Every task may come twice, late, or never."""

from __future__ import annotations

import os
import socket
import threading

from . import services
from .celery import app
from .services import drift


@app.task(name="leaderboard.work")
def work(attempt_id: int) -> None:
    """Do the stage this attempt waits for, unless somebody else does."""
    services.work(attempt_id, owner())


@app.task(name="leaderboard.sweep")
def sweep() -> None:
    """Move what is stuck."""
    services.sweep()


@app.task(name="leaderboard.rebuild")
def rebuild(domain: str, protocol: str) -> None:
    """Bring one board up to date."""
    services.rebuild_board(domain, protocol)


@app.task(name="leaderboard.messages")
def messages() -> None:
    """Send what people are to be told."""
    services.send_messages()


@app.task(name="leaderboard.drift")
def check_drift() -> None:
    """This week's sample of published scores, run again."""
    drift.this_week()


def owner() -> str:
    """Who holds a lease: machine, process and thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_native_id()}"
