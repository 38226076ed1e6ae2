"""A whole site in processes of its own: database file, web server, worker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
LEFT_OUT = {"BROKER_URL", "DATABASE_URL", "HUB_MIRROR", "STATE_DIR"}
USER = "from django.contrib.auth.models import User; User.objects.create_user('{}', password='{}')"
READY_SECONDS, STOP_SECONDS = 60, 20


class Site:
    """Use as a context: migrated, with Alice, answering at `url`."""

    def __init__(self, state: Path, **environment: str) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = state / "processes.log"
        own = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
        self.environment = {
            **own,
            "STATE_DIR": str(state),
            "DEBUG": "true",
            "SWEEP_SECONDS": "1",
            "WORKER_CONCURRENCY": "1",
            **environment,
        }
        self.children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Site:
        self._manage("migrate", "--verbosity", "0")
        self._manage("shell", "--no-imports", "-c", USER.format("alice", PASSWORD))
        self._start("manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}")
        worker = ["-A", "leaderboard", "worker", "--beat", "--pool", "threads"]
        self._start("-m", "celery", *worker, "--concurrency", "1", "--loglevel", "INFO")
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if error is not None:
            lines = self.log.read_text(errors="replace").splitlines()
            print("\n".join([line for line in lines if "sweep" not in line][-80:]))

    def _manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=REPOSITORY, env=self.environment, check=True)

    def _start(self, *words: str) -> None:
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, *words],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.children.append(child)

    def _wait(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            time.sleep(0.2)
        raise AssertionError(f"the site did not answer: {self.log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
