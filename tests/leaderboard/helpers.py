"""What the tests of the site's core share besides fixtures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from federated.recipe import Recipe

REPOSITORY = Path(__file__).resolve().parents[2]


def recipe(plan: str = "", name: str = "A run", **changes: Any) -> Recipe:
    """A sound recipe on the small hub; `plan` is what the fake engines do."""
    values: dict[str, Any] = {
        "name": name,
        "domain": "finance",
        "description": plan,
        "base": {"model": "tiny/llama"},
        "train": {"rounds": 3},
        **changes,
    }
    return Recipe.model_validate(values)


def run_to_end(attempt: Any, limit: int = 20) -> Any:
    """Work on an attempt as a worker would, until nothing is left to do."""
    from leaderboard import services

    for _ in range(limit):
        if not services.work(attempt.pk, "test-worker"):
            break
    attempt.refresh_from_db()
    return attempt


def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds} s")


def environment(site: Path, small_hub: Path, **more: str) -> dict[str, str]:
    """What a process needs to see this test's database and state."""
    return {
        **{key: value for key, value in os.environ.items() if key != "BROKER_URL"},
        "DJANGO_SETTINGS_MODULE": "tests.leaderboard.fake_settings",
        "STATE_DIR": str(site),
        "DATABASE_URL": database_url(),
        "HUB_MIRROR": str(small_hub),
        "LEASE_SECONDS": "2",
        "HEARTBEAT_SECONDS": "1",
        "RETRY_SECONDS": "0",
        "SWEEP_SECONDS": "1",
        "STOP_SECONDS": "2",
        **more,
    }


def database_url() -> str:
    """The test's database as another process names it."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgresql://{found['USER']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
