"""The Celery application: `celery -A leaderboard worker --beat`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init, worker_ready, worker_shutting_down

from federated.program import die_with_parent

from . import broker  # noqa: F401  (makes folder:// known)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard.settings")

app = Celery("leaderboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def sweep_at_once(**_: Any) -> None:
    """What a killed worker left behind is found at boot, not at the first tick of the clock."""
    app.send_task("leaderboard.sweep")


@beat_embedded_init.connect
def clock_ends_with_its_worker(**_: Any) -> None:
    """The clock is a process of its own; without this it outlives a worker that is killed."""
    os.environ["ENGINE_DIES_WITH_PARENT"] = "1"
    die_with_parent()


@worker_shutting_down.connect
def stop_engines(**_: Any) -> None:
    """A run may take hours; a stopping worker gives its runs back instead of waiting for them."""
    from . import jobs

    jobs.STOPPING.set()
