"""A site of one's own for each test: its state folder, a hub of four files, and fake engines.

The cast: Alice submits, Bob is somebody else, Carol is staff.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.leaderboard.helpers import environment, recipe

REPOSITORY = Path(__file__).resolve().parents[2]
FAKE = str(Path(__file__).with_name("fake_engine.py"))
LLAMA = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
}


@pytest.fixture(scope="session")
def small_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror folder that can be pinned; nothing in it can be loaded."""
    root = tmp_path_factory.mktemp("hub")
    table = root / "datasets/flwrlabs/fingpt-sentiment-train/default/train.parquet"
    table.parent.mkdir(parents=True)
    table.write_text("not read here")
    for model in ("tiny/llama", "mistralai/Mistral-7B-v0.3"):
        config = root / "models" / model / "config.json"
        config.parent.mkdir(parents=True)
        config.write_text(json.dumps(LLAMA))
    return root


@pytest.fixture(autouse=True)
def site(
    settings: Any, tmp_path: Path, small_hub: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """This test's state folder; nothing of the checkout's own is touched."""
    from leaderboard import jobs

    settings.STATE_DIR = tmp_path / "state"
    settings.STATE_DIR.mkdir()
    artifacts = {
        "BACKEND": "leaderboard.storage.Shelf",
        "OPTIONS": {"location": settings.STATE_DIR / "artifacts"},
    }
    settings.STORAGES = {**settings.STORAGES, "artifacts": artifacts}
    settings.ENGINES = {e: [sys.executable, FAKE, e] for e in ("training", "evaluation")}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.RETRY_SECONDS, settings.STOP_SECONDS = 0, 2
    monkeypatch.setenv("HUB_MIRROR", str(small_hub))
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.02)
    jobs.STOPPING.clear()
    yield settings.STATE_DIR
    jobs.STOPPING.clear()


@pytest.fixture(autouse=True)
def doorbell(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """What the broker was told, instead of a broker."""
    from leaderboard.celery import app

    rung: list[tuple[str, tuple[Any, ...]]] = []
    monkeypatch.setattr(app, "send_task", lambda name, args=(), **_: rung.append((name, args)))
    return rung


@pytest.fixture
def alice(django_user_model: Any) -> Any:
    """Alice submits."""
    return django_user_model.objects.create_user("alice", password="wonderland-9")


@pytest.fixture
def bob(django_user_model: Any) -> Any:
    """Bob is on another team."""
    return django_user_model.objects.create_user("bob", password="builder-9")


@pytest.fixture
def carol(django_user_model: Any) -> Any:
    """Carol is staff."""
    return django_user_model.objects.create_superuser("carol", password="operator-9")


Submit = Callable[..., Any]


@pytest.fixture
def submit(alice: Any) -> Submit:
    """Alice submits a recipe; answers its attempt."""

    def submit(plan: str = "", owner: Any = None, **changes: Any) -> Any:
        from leaderboard import services

        submission = services.submit(owner or alice, recipe(plan, **changes))
        return submission.attempts.get()

    return submit


Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def spawn(site: Path, small_hub: Path) -> Iterator[Spawn]:
    """Start processes that see this test's site; whatever is left of them is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def spawn(*command: str, **more: str) -> subprocess.Popen[bytes]:
        with (site / "processes.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, *command],
                cwd=REPOSITORY,
                env=environment(site, small_hub, **more),
                stdout=log,
                stderr=log,
            )
        started.append(child)
        return child

    yield spawn
    for child in started:
        child.kill()
        child.wait()


WORK = "import django; django.setup(); from leaderboard import services; services.work({}, 'w')"


@pytest.fixture
def spawn_worker(spawn: Spawn) -> Callable[[int], subprocess.Popen[bytes]]:
    """A process that takes up one attempt, as one Celery task would."""
    return lambda attempt_id: spawn("-c", WORK.format(attempt_id))
