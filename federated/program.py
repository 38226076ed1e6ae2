"""What the two engines share as programs: the job directory, its files, signals and exit codes.

A job directory holds
    job.json        what to do; written by whoever starts the engine
    progress.jsonl  one JSON object a line, appended while the engine works
    result.json     how it ended; written once, last, atomically
    lock            held while an engine works here, so that two never share a directory
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .errors import BadJob, Busy, EngineError, Interrupted

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_REFUSED = 2
EXIT_TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h

Json = dict[str, Any]


class JobDirectory:
    """The folder one engine run reads from and writes to."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def read_job(self) -> Json:
        """The content of `job.json`; a missing or malformed file is a `BadJob`."""
        file = self.path / "job.json"
        try:
            job = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BadJob(
                f"{file} is not there.", "Write job.json into the job directory."
            ) from None
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BadJob(f"{file} is not valid JSON: {error}.") from None
        if not isinstance(job, dict):
            raise BadJob(f"{file} holds a {type(job).__name__}, an object was wanted.")
        return job

    def progress(self, event: str, **fields: Any) -> None:
        """Append one line to `progress.jsonl`; `time` is seconds since the epoch, UTC."""
        line = json.dumps({"event": event, "time": round(time.time(), 3), **fields})
        with (self.path / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def write_result(self, result: Json) -> None:
        """Write `result.json` so that a reader sees all of it or nothing."""
        write_atomically(self.path / "result.json", json.dumps(result, indent=2) + "\n")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory; `Busy` if another engine does. A dead holder's lock is free."""
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(f"Another engine is working in {self.path}.") from None
            yield


def write_atomically(file: Path, text: str) -> None:
    """Replace `file` by `text` in one step."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def main(arguments: list[str], run: Callable[[JobDirectory], Json], usage: str) -> int:
    """Run an engine on `JOB_DIR` and answer its exit code.

    0 done; 1 failed for good; 2 the call or the job was refused; 75 try again later.
    Every outcome but a wrong call leaves a `result.json`.
    """
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(usage, file=sys.stderr)
        return EXIT_REFUSED
    directory = JobDirectory(arguments[0])
    if not directory.path.is_dir():
        print(f"{directory.path} is not a directory.", file=sys.stderr)
        return EXIT_REFUSED
    die_with_parent()
    # Threads that spin while they wait slow each other down many times over on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")  # an engine talks to nobody
    # What libraries tell their own developers is no news to the reader of a run's log.
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        with directory.locked():
            return _run_locked(directory, run)
    except Busy as error:
        print(error.message, file=sys.stderr)
        return EXIT_TRY_AGAIN


def _run_locked(directory: JobDirectory, run: Callable[[JobDirectory], Json]) -> int:
    (directory.path / "result.json").unlink(missing_ok=True)
    try:
        result = run(directory)
    except Exception as error:
        failure = as_engine_error(error)
        log_failure(error)
        directory.progress("failed", **failure.as_dict())
        directory.write_result({"schema": 1, "status": "failed", "error": failure.as_dict()})
        return _exit_code(failure)
    directory.write_result({"schema": 1, "status": "ok", "error": None, **result})
    return EXIT_DONE


def as_engine_error(error: Exception) -> EngineError:
    """Any exception as one with a code; running out of memory is told apart from a defect."""
    from .errors import OutOfMemory

    if isinstance(error, EngineError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return OutOfMemory(
            "The machine ran out of memory.",
            "Lower train.batch_size or train.sequence_length, or load the base in 4 bits.",
        )
    return EngineError(
        f"The engine stopped with {type(error).__name__}: {error}",
        "The log has the traceback. If the recipe is sound this is a defect: please report it.",
    )


def log_failure(error: Exception) -> None:
    """A foreseen failure is told in its sentence; only a defect needs its traceback."""
    if isinstance(error, EngineError):
        print(f"{error.code}: {error.message}", file=sys.stderr, flush=True)
    else:
        traceback.print_exception(error)


def die_with_parent() -> None:
    """Ask Linux to end this process when the worker that started it dies.

    Only under a worker (`ENGINE_DIES_WITH_PARENT=1`): an engine run by hand may outlive its shell.
    """
    if os.environ.get("ENGINE_DIES_WITH_PARENT") == "1" and sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _interrupt(signum: int, frame: object) -> None:
    raise Interrupted(f"Stopped by {signal.Signals(signum).name}.", "Start it again to go on.")


def _exit_code(error: EngineError) -> int:
    if isinstance(error, BadJob):
        return EXIT_REFUSED
    return EXIT_FAILED if error.permanent else EXIT_TRY_AGAIN
