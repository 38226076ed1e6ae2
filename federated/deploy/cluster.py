"""A deployment's processes on this machine: started in order, watched, ended without a trace."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from ..errors import EngineError
from .commands import LINK, QUIET

START_SECONDS = 90.0  # on a busy machine importing Flower alone takes many
STOP_SECONDS = 10.0
STOPS = (signal.SIGINT, signal.SIGTERM)


class DeploymentFailed(EngineError):
    """A SuperLink or a SuperNode did not start, or ended before the run did."""

    code = "deployment-failed"


class Cluster:
    """One SuperLink, its SuperNodes and the run; `home` is Flower's folder and holds their logs.

    Every process and its offspring have `home` in their environment: that is how they are found
    at the end, even those that moved to sessions and parents of their own.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self._environment = {**os.environ, **QUIET, "FLWR_HOME": str(home), "PATH": path}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Cluster:
        _adopt_orphans()
        return self

    def __exit__(self, *_: object) -> None:
        # A second Ctrl-C must not leave half of them.
        handlers = {number: signal.signal(number, signal.SIG_IGN) for number in STOPS}
        self._stop(list(self._processes.values()))
        _sweep(str(self.home))
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def start(self, name: str, command: list[str]) -> None:
        """Start a process that lives as long as the cluster; its output becomes its log."""
        with self._log(name).open("wb") as log:
            self._processes[name] = subprocess.Popen(
                command,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us alone
            )

    def wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Come back once `ready`; `DeploymentFailed` if a process ends or time runs out."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            self._check()
            if time.monotonic() > deadline:
                words = f"{name} was not ready after {START_SECONDS:.0f} seconds."
                raise DeploymentFailed(words + self._tails())
            time.sleep(0.2)

    def online(self) -> int:
        """How many SuperNodes the SuperLink knows and hears."""
        nodes = self._ask("supernode", "list", LINK).get("nodes", [])
        return sum(node["status"] == "online" for node in nodes)

    def follow(self, command: list[str]) -> None:
        """Start the run and let its log through to our output until it ends."""
        running = subprocess.Popen(command, env=self._environment, start_new_session=True)
        try:
            while running.poll() is None:
                self._check()
                time.sleep(0.1)
        finally:
            self._stop([running])
        if running.returncode:
            raise DeploymentFailed("`flwr run` did not start the run; its reason is above.")

    def outcome(self) -> tuple[bool, str]:
        """Whether the run completed, and what Flower and the logs' last lines say of it."""
        runs = self._ask("list", LINK).get("runs")
        if not runs:
            raise DeploymentFailed(f"The SuperLink knows of no run.{self._tails('SuperLink')}")
        status, details = runs[0]["status"], runs[0]["status-details"]
        if status == "finished:completed":
            return True, ""
        nodes = [name for name in self._processes if name != "SuperLink"]
        return False, f"The run is {status}: {details}{self._tails(*nodes)}"

    def _check(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None:
                words = f"{name} ended with exit code {process.returncode}."
                raise DeploymentFailed(words + self._tails(name))

    def _ask(self, *words: str) -> dict[str, Any]:
        command = ["flwr", *words, "--format", "json"]
        answer = subprocess.run(command, env=self._environment, capture_output=True, check=False)
        with contextlib.suppress(json.JSONDecodeError):
            return dict(json.loads(answer.stdout))
        return {}

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _tails(self, *names: str) -> str:
        """The last lines of some processes' logs, all if none is named."""
        text = ""
        for name in names or self._processes:
            lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
            text += "\n".join([f"\n--- the end of {name}'s log:", *lines[-15:]])
        return text

    @staticmethod
    def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
        """Ask all to end, the youngest first; those that do not are killed."""
        for process in reversed(processes):
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(port: int) -> bool:
    """Whether a SuperLink is up at this port of this machine."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1.0):
            return True
    except (OSError, urllib.error.URLError):
        return False


def _sweep(home: str) -> None:
    """Kill what still carries `home`; it may have been starting another process just now."""
    while left := [process for process in psutil.process_iter() if _belongs(process, home)]:
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=1.0)
    for child in psutil.Process().children():
        if child.status() == psutil.STATUS_ZOMBIE:
            child.wait()


def _adopt_orphans() -> None:
    """Become the parent of those whose parent ends: a container may have nobody to bury them."""
    if sys.platform == "linux":
        pr_set_child_subreaper = 36
        ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1)


def _belongs(process: psutil.Process, home: str) -> bool:
    try:
        return bool(process.environ().get("FLWR_HOME") == home)
    except psutil.Error:  # gone, dead but unburied, or another user's
        return False
