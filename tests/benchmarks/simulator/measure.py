"""Starts one system as a child and watches it: wall, CPU seconds and memory of its process tree."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import psutil

from .tasks import WORKERS, Habit

ROOT = Path(__file__).parents[3]
PFL_PYTHON = ROOT / ".venv-bench/bin/python"
LOOK = 0.2
"""Seconds between two looks at the processes; memory is read at every fourth."""
LIMIT = 1200.0
"""Seconds one system may take."""


class Entrant(NamedTuple):
    """One row of a table: a system, how the app keeps its model, our engine's settings."""

    name: str
    system: Literal["bare", "ours", "stock", "pfl"]
    habit: Habit = "resident"
    settings: tuple[tuple[str, Any], ...] = ()


class Result(NamedTuple):
    """Seconds, but for `memory` (bytes, peak of the summed PSS). `weights` by parameter name."""

    entrant: Entrant
    start_up: float
    first: float
    steady: tuple[float, ...]
    whole: float
    cpu: float
    memory: int
    weights: dict[str, np.ndarray]
    steps: tuple[float, ...]
    profiles: tuple[dict[str, Any], ...] = ()

    @property
    def round(self) -> float:
        """A steady round, in seconds."""
        return statistics.median(self.steady)


class Crash(NamedTuple):
    """A system that ended badly, and the last it said; or one that learned something else."""

    entrant: Entrant
    said: str
    differs: bool = False


class Watch:
    """Sums CPU seconds over all processes ever seen below `pid`; keeps the peak of the PSS."""

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.seen: dict[psutil.Process, float] = {}
        self.memory = 0

    def look(self, memory: bool) -> None:
        try:
            family = [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return
        total = 0
        for process in family:
            try:
                times = process.cpu_times()
                self.seen[process] = times.user + times.system
                total += process.memory_full_info().pss if memory else 0
            except psutil.Error:
                continue
        self.memory = max(self.memory, total)

    @property
    def cpu(self) -> float:
        return sum(self.seen.values())


class Ended(NamedTuple):
    code: int | None
    """None: it was stopped at the limit."""
    began: float
    whole: float
    cpu: float
    memory: int
    said: str


def watched(command: list[str]) -> Ended:
    """Run a command to its end, watching it; everything it left running is ended too."""
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        child = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=said, stderr=said, start_new_session=True
        )
        watch, looks = Watch(child.pid), 0
        while child.poll() is None and time.monotonic() - began < LIMIT:
            watch.look(memory=looks % 4 == 3)
            looks += 1
            wait(child, LOOK)
        whole = time.monotonic() - began
        code = child.poll()
        end(watch.seen)
        child.wait()
        said.seek(0)
        text = said.read().decode(errors="replace")
    return Ended(code, began, whole, watch.cpu, watch.memory, text[-2000:])


def wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def end(processes: Iterable[psutil.Process]) -> None:
    """Kill what is left of a tree that we started; psutil refuses where a pid was given anew."""
    for process in processes:
        try:
            process.kill()
        except psutil.Error:
            continue


def environment() -> dict[str, str]:
    """What every system is started with."""
    quiet = {"FLWR_TELEMETRY_ENABLED": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    quiet |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": "."}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**os.environ, **quiet, **threads, "OMP_WAIT_POLICY": "PASSIVE"}


def command(job: dict[str, Any]) -> list[str]:
    module = ["-m", "tests.benchmarks.simulator", json.dumps(job)]
    if job["system"] != "pfl":
        return [sys.executable, *module]
    run = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(WORKERS)]
    return [str(PFL_PYTHON), *run, *module]


def measure(entrant: Entrant, task: str) -> Result | Crash:
    """One entrant once through a task."""
    with tempfile.TemporaryDirectory() as folder:
        out, profiles = f"{folder}/result", Path(folder) / "profiles.jsonl"
        job: dict[str, Any] = {
            "system": entrant.system,
            "task": task,
            "habit": entrant.habit,
            "out": out,
        }
        job |= {"settings": dict(entrant.settings), "profiles": str(profiles)}
        ended = watched(command(job))
        if ended.code != 0:
            return Crash(entrant, ended.said if ended.code is not None else "out of time")
        with open(out + ".json", encoding="utf-8") as file:
            told = json.load(file)
        with np.load(out + ".npz") as file:
            arrays = {name: file[name] for name in sorted(file)}
        return result(entrant, ended, told, arrays, lines(profiles))


def result(
    entrant: Entrant,
    ended: Ended,
    told: dict[str, Any],
    arrays: dict[str, np.ndarray],
    profiles: tuple[dict[str, Any], ...],
) -> Result:
    first, *steady = spans(told["marks"])
    return Result(
        entrant, told["marks"][0] - ended.began, first, tuple(steady), ended.whole, ended.cpu,
        ended.memory, arrays, tuple(told["steps"]), profiles,
    )  # fmt: skip


def spans(marks: list[float]) -> list[float]:
    """Seconds of each round."""
    return [after - before for before, after in itertools.pairwise(marks)]


def lines(file: Path) -> tuple[dict[str, Any], ...]:
    """The profile of a run, empty for systems that write none."""
    if not file.exists():
        return ()
    return tuple(json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
