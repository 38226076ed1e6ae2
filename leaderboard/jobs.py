"""Start an engine as a child process, follow what it writes, end it, and say how it went.

Knows files, processes and exit codes; knows no database. Each (attempt, stage) has a directory of
its own, kept until the attempt ends, so that a run that is taken up again finds its checkpoints.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from django.conf import settings

from federated.program import EXIT_TRY_AGAIN, write_atomically

log = logging.getLogger(__name__)

Json = dict[str, Any]
Engine = Literal["training", "evaluation"]

POLL_SECONDS = 0.2
STOPPING = threading.Event()
"""Set when this worker shuts down: engines are told to stop and their attempts given back."""

PASSED_ON = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV",
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "no_proxy", "SIMULATION_BACKEND", "SIMULATION_LANES",
    "RAY_ADDRESS",
)  # fmt: skip
PASSED_ON_PREFIXES = ("HF_", "CUDA_", "NVIDIA_")


class Failure(NamedTuple):
    """Why an engine did not finish; `permanent` when trying again cannot help."""

    code: str
    message: str
    hint: str
    permanent: bool


class Outcome(NamedTuple):
    """How an engine run ended.

    ok         `result` is what the engine reports
    failed     for good, `failure` says why
    try-again  not the recipe's fault, `failure` says what happened
    lost       the attempt is somebody else's now, or was cancelled
    stopped    this worker is shutting down
    """

    kind: Literal["ok", "failed", "try-again", "lost", "stopped"]
    result: Json | None = None
    failure: Failure | None = None


class Follower(Protocol):
    """Who is told what an engine does. Called from the thread that called `run`."""

    def lines(self, found: list[Json]) -> None:
        """New lines of `progress.jsonl`."""

    def text(self, found: str) -> None:
        """New output of the engine."""

    def beat(self) -> bool:
        """Called all the time; False ends the engine, because the work is no longer wanted."""


def directory(attempt_id: int, engine: Engine) -> Path:
    """Where an attempt's engine works; made if it is not there."""
    path = _attempt_directory(attempt_id) / engine
    path.mkdir(parents=True, exist_ok=True)
    return path


def discard(attempt_id: int) -> None:
    """Delete an attempt's job directories."""
    shutil.rmtree(_attempt_directory(attempt_id), ignore_errors=True)


def kept() -> list[int]:
    """Attempts that have job directories on this machine."""
    root = Path(settings.STATE_DIR) / "jobs"
    return sorted(int(path.name) for path in root.glob("*") if path.name.isdecimal())


def run(engine: Engine, path: Path, job: Json, follower: Follower) -> Outcome:
    """One engine run in `path`, from job.json to its outcome."""
    # 1. the job
    write_atomically(path / "job.json", json.dumps(job, indent=2) + "\n")
    (path / "result.json").unlink(missing_ok=True)
    # 2. the child, ended whatever happens here
    with _started(engine, path) as child:
        # 3. what it does
        unwanted = _follow(child, path, follower)
    # 4. what became of it
    return Outcome(unwanted) if unwanted else read_outcome(path, child.returncode)


@contextmanager
def _started(engine: Engine, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The engine in a process group of its own.

    The thread that starts it has to outlive it: Linux sends the parent-death signal when the
    starting *thread* ends. The same thread follows it to its end here.
    """
    with (path / "log.txt").open("ab") as output:
        child = subprocess.Popen(
            [*settings.ENGINES[engine], str(path)],
            cwd=settings.BASE_DIR,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        stop(child)


def _follow(
    child: subprocess.Popen[bytes], path: Path, follower: Follower
) -> Literal["lost", "stopped"] | None:
    """Report until the engine ends; why it should not go on, if so."""
    progress, output = Tail(path / "progress.jsonl"), Tail(path / "log.txt", from_end=True)
    while True:
        ended = child.poll() is not None
        told = _report(progress, output, follower)
        if ended and not told:
            return None
        if not follower.beat():
            return "lost"
        if STOPPING.is_set() and not ended:
            return "stopped"
        with suppress(subprocess.TimeoutExpired):
            child.wait(POLL_SECONDS)


def _report(progress: Tail, output: Tail, follower: Follower) -> bool:
    """Pass on what is new; whether there was anything."""
    text, lines = output.read(whole_lines=False), progress.read()
    if text:
        follower.text(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    if found := parse_lines(lines):
        follower.lines(found)
    return bool(text or lines)


def stop(child: subprocess.Popen[bytes]) -> None:
    """End the whole group: asked first, so that a checkpoint can be written, then made to."""
    if child.poll() is None:
        _signal(child, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(settings.STOP_SECONDS)
    # Also after a normal end: nothing the engine started may stay behind.
    _signal(child, signal.SIGKILL)
    child.wait()


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def environment() -> dict[str, str]:
    """What an engine may know of this process: no keys, no database, no broker."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)
    }
    threads = str(settings.ENGINE_THREADS)
    return {
        **kept,
        "STATE_DIR": str(settings.STATE_DIR),
        **({"HUB_MIRROR": settings.HUB_MIRROR} if settings.HUB_MIRROR else {}),
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
        "ENGINE_DIES_WITH_PARENT": "1",
    }


class Tail:
    """Reads what was appended to a file since the last read."""

    def __init__(self, path: Path, from_end: bool = False) -> None:
        self.path = path
        self.offset = path.stat().st_size if from_end and path.exists() else 0

    def read(self, whole_lines: bool = True, limit: int = 1024**2) -> str:
        """New text; a last line without its end, or a character cut in two, waits."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                found = file.read(limit)
        except FileNotFoundError:
            return ""
        found = _whole_lines(found) if whole_lines else _whole_characters(found)
        self.offset += len(found)
        return found.decode("utf-8", errors="replace")


def _whole_lines(found: bytes) -> bytes:
    return found[: found.rfind(b"\n") + 1]


def _whole_characters(found: bytes) -> bytes:
    """Without the beginning of a UTF-8 character at the end."""
    for length in range(1, min(4, len(found)) + 1):
        byte = found[-length]
        if byte >= 0xC0:  # a leading byte: is its character complete?
            wanted = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return found if length >= wanted else found[:-length]
        if byte < 0x80:
            break
    return found


def parse_lines(text: str) -> list[Json]:
    """The objects among the lines; a line a killed engine left half written is passed over."""
    found = []
    for line in text.splitlines():
        with suppress(json.JSONDecodeError):
            value = _loads(line)
            if isinstance(value, dict) and isinstance(value.get("event"), str):
                found.append(value)
    return found


def read_outcome(path: Path, code: int) -> Outcome:
    """What an ended engine left: its exit code and, unless it died, a result.json."""
    result = _result(path)
    if code == 0 and result is not None and result.get("status") == "ok":
        return Outcome("ok", result)
    failure = _failure(result, code)
    return Outcome("failed" if failure.permanent else "try-again", result, failure)


def _result(path: Path) -> Json | None:
    try:
        found = _loads((path / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _failure(result: Json | None, code: int) -> Failure:
    told = (result or {}).get("error")
    if isinstance(told, dict) and told.get("code"):
        return Failure(
            str(told["code"]),
            str(told.get("message", "")),
            str(told.get("hint", "")),
            bool(told.get("permanent", True)),
        )
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = "The machine may have run out of memory." if code == -signal.SIGKILL else ""
        return Failure("engine-killed", f"The engine was ended by {name}.", hint, False)
    if code == EXIT_TRY_AGAIN:
        return Failure("busy", "The engine asked to be started again later.", "", False)
    return Failure(
        "engine-crashed",
        f"The engine ended with exit code {code} and left no result.",
        "Its log has the reason.",
        False,
    )


def _loads(text: str) -> Any:
    """JSON that any database takes: NaN and infinities become null, NUL characters go."""
    return json.loads(text.replace("\\u0000", ""), parse_constant=lambda name: None)


def _attempt_directory(attempt_id: int) -> Path:
    return Path(settings.STATE_DIR) / "jobs" / str(attempt_id)
