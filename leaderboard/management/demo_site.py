"""A worker and a web server of one's own, started together and stopped together."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from django.conf import settings
from django.core.management.base import CommandError

CONCURRENCY = 2
HOST = "127.0.0.1"
READY_SECONDS = 60
STOP_SECONDS = 30


ENDS = (signal.SIGTERM, signal.SIGHUP)


class DemoSite:
    """Use as a context; both processes write to a log file in the state folder."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.logs = Path(settings.STATE_DIR) / "logs"
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> DemoSite:
        # A plain `kill`, or a terminal that is closed, has to stop the children too, like Ctrl-C.
        for number in ENDS:
            signal.signal(number, _interrupt)
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            self._start("worker", worker_command())
            self._start("web", web_command(self.port))
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Refuse to go on without one of the two."""
        for name, child in self.children.items():
            if child.poll() is not None:
                raise CommandError(
                    f"The {name} ended with exit code {child.returncode}; "
                    f"see {self.logs / name}.log"
                )

    def stop(self) -> None:
        """Ask both to end, then make them; nothing interrupts that."""
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)
        for child in self.children.values():
            with suppress(ProcessLookupError):
                child.terminate()
        for child in self.children.values():
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def _start(self, name: str, command: list[str]) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=os.environ | _share_of_the_machine(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for this command, which stops its children in order.
                start_new_session=True,
            )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):  # noqa: S310
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            self.check()
            if self._answers():
                return
            time.sleep(0.2)
        raise CommandError(f"The web server did not answer; see {self.logs}/web.log")


def worker_command() -> list[str]:
    """Celery with its clock, in threads: the engines are processes of their own."""
    return [
        sys.executable, "-m", "celery", "-A", "leaderboard", "worker", "--beat",
        "--pool", "threads", "--concurrency", str(CONCURRENCY), "--loglevel", "INFO",
    ]  # fmt: skip


def web_command(port: int) -> list[str]:
    """Gunicorn where it is installed, else Django's own server."""
    if importlib.util.find_spec("gunicorn"):
        bind = ["--bind", f"{HOST}:{port}", "--workers", "1", "--threads", "4"]
        bind += ["--no-control-socket"]  # its default place is shared by all of a user's servers
        return [sys.executable, "-m", "gunicorn", "leaderboard.wsgi", *bind]
    return [sys.executable, "manage.py", "runserver", "--noreload", f"{HOST}:{port}"]


def free_port() -> int:
    """PORT, or the first free one from 8000."""
    if wanted := os.environ.get("PORT"):
        if not wanted.isdecimal() or not _is_free(int(wanted)):
            raise CommandError(f"PORT is {wanted!r}, which is not a free port.")
        return int(wanted)
    for port in range(8000, 8100):
        if _is_free(port):
            return port
    raise CommandError("No port from 8000 to 8099 is free; set PORT.")


def _is_free(port: int) -> bool:
    if not 0 < port < 65536:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _share_of_the_machine() -> dict[str, str]:
    threads = os.environ.get("ENGINE_THREADS") or str(max(1, settings.CORES // CONCURRENCY))
    return {"WORKER_CONCURRENCY": str(CONCURRENCY), "ENGINE_THREADS": threads}


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
