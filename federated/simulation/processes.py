"""Persistent worker processes on one machine, and what happens when one of them dies."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import mmap
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import cloudpickle
import psutil
from flwr.clientapp import ClientApp

from ..errors import EngineError
from . import wire
from .fold import Folds
from .runner import Federation, Runner
from .work import Batch, Done, Facts, Failure, Finished, Outcome, Task, Work
from .worker import BEAT_ROOM, NOBODY, TOKEN, Seat, Told, beat, opened, pulse, settle, work

DEATHS = 2
"""Workers that may die of a client before it is called the reason."""
LOOK_AROUND = 0.2
"""Seconds between two looks at who takes too long."""
PROCESS_DIED = 2
TIMED_OUT = 3
OVER_WHILE_IT_RAN = "the round's time was over while it ran"
OVER_BEFORE_IT_RAN = "the round's time was over before it ran"
MOST_WORKERS = 1024
AS_A_PROGRAM = f"from {__package__}.worker import main; main()"

MOST_TOKENS = 16_384
"""What a pipe holds everywhere; clients beyond it are dealt out instead of shared."""

Start = Literal["fork", "spawn"]


class Worker:
    """One process, seen from the grid."""

    def __init__(self, number: int, pid: int, sock: socket.socket) -> None:
        self.number, self.pid, self.sock = number, pid, sock
        self.batch: Sequence[Task] | None = None
        """What it is working on; None when it waits."""
        self.told: list[Outcome] = []
        """Outcomes whose arrays lie in its running sums: lost if it dies before they arrive."""

    def reap(self, kill: bool = False) -> str:
        """Wait for the process's end and answer how it ended."""
        if kill:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.sock.close()
        try:
            status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            return "ended"
        if status < 0:
            return f"was killed by signal {-status} ({signal.Signals(-status).name})"
        return f"ended with exit code {status}"


class Processes:
    """A `Backend` of processes that outlive rounds.

    `start="fork"` copies this process, with everything it has loaded, which costs milliseconds and
    shares a resident model's memory; `"spawn"` starts fresh interpreters, which a process that
    already uses CUDA or many threads needs.
    """

    def __init__(
        self,
        app: ClientApp,
        federation: Federation,
        workers: int,
        threads: int = 1,
        start: Start = "fork",
        device: str = "cpu",
    ) -> None:
        self.app, self.federation = app, federation
        self.threads, self.start, self.device = threads, start, device
        self.tokens = _token_queue()
        self.beats_file = wire.memory_file()
        os.truncate(self.beats_file, MOST_WORKERS * BEAT_ROOM)
        self.beats = mmap.mmap(self.beats_file, MOST_WORKERS * BEAT_ROOM)
        self.inherited = resident() if start == "fork" else 0
        self.peaks: dict[int, int] = {}
        """The most resident bytes of each worker, what it shares with this process included."""
        self.crew: dict[int, Worker] = {}
        self.resize(workers)

    @property
    def workers(self) -> Sequence[str]:
        """The device class of each worker."""
        return [self.device] * len(self.crew)

    @property
    def memory(self) -> int:
        """Bytes the workers held at their fullest, beyond what they inherited."""
        return sum(max(0, peak - self.inherited) for peak in self.peaks.values())

    def resize(self, workers: int) -> None:
        """Start or end processes between two rounds."""
        for number in range(len(self.crew), workers):
            self.crew[number] = self._hire(number)
        for number in range(workers, len(self.crew)):
            self.crew.pop(number).reap(kill=True)

    def run(self, work: Work, finished: Finished) -> Done:
        """Run a round to its end, whatever becomes of single workers."""
        return _Round(self, work, finished).run()

    def close(self) -> None:
        """End every process and give back what was shared with them."""
        for worker in self.crew.values():
            worker.reap(kill=True)
        if self.crew or not self.beats.closed:
            self.beats.close()
            for descriptor in (*self.tokens, self.beats_file):
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self.crew = {}

    def replace(self, worker: Worker, kill: bool = False) -> str:
        """A new process in a dead one's place; answers how the old one ended."""
        how = worker.reap(kill)
        self.crew[worker.number] = self._hire(worker.number)
        return how

    def _hire(self, number: int) -> Worker:
        ours, theirs = socket.socketpair()
        beat(self.beats, number, NOBODY)
        seat = Seat(number, theirs, self.tokens[0], self.beats, self.threads)
        pid = self._fork(seat, ours) if self.start == "fork" else self._spawn(seat, ours)
        theirs.close()
        return Worker(number, pid, ours)

    def _fork(self, seat: Seat, ours: socket.socket) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # what is shared stays shared: the collector leaves these pages alone
        pid = os.fork()
        if pid:
            gc.unfreeze()
            return pid
        # From here on this is the child; it must never return into its parent's code.
        code = 1
        try:
            _die_with_parent()
            for worker in self.crew.values():
                worker.sock.close()
            ours.close()
            os.close(self.tokens[1])
            settle(seat)
            work(seat, Runner(self.app, self.federation))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _spawn(self, seat: Seat, ours: socket.socket) -> int:
        shared = (seat.sock.fileno(), seat.tokens, self.beats_file)
        room = MOST_WORKERS * BEAT_ROOM
        numbers = (seat.number, *shared, room, seat.threads)
        process = subprocess.Popen(
            [sys.executable, "-c", AS_A_PROGRAM, *map(str, numbers)],
            pass_fds=shared,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        process.returncode = 0  # reaped by `Worker.reap`, not by subprocess
        try:
            app = cloudpickle.dumps(self.app)
        except Exception as error:
            raise EngineError(
                f"the client app cannot be sent to a fresh process: {error}",
                "Keep what cannot be pickled at the top of a module.",
            ) from error
        wire.send(ours, pickle.dumps((sys.path, app, tuple(self.federation)), 5))
        return process.pid


def _token_queue() -> tuple[int, int]:
    """A pipe that is read and written without waiting."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


def resident() -> int:
    """Bytes of this process in memory."""
    return int(psutil.Process().memory_info().rss)


def _die_with_parent() -> None:
    """Linux ends this process with the one that forked it, even when that is killed."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


@dataclass
class _Round:
    """One round in flight."""

    crew: Processes
    work: Work
    finished: Finished
    open: dict[int, Task] = field(default_factory=dict)
    """Clients without an outcome."""
    lost: list[list[Task]] = field(default_factory=list)
    """Batches that have to be run again."""
    deaths: Counter[int] = field(default_factory=Counter)
    done: dict[int, Outcome] = field(default_factory=dict)
    folds: Folds = field(default_factory=Folds)

    def run(self) -> Done:
        """Hand out the plan, listen until every client has its outcome."""
        self.open = {task.position: task for task in self.work.tasks}
        try:
            self._hand_out()
            while self.open or self._busy():
                self._listen()
                self._hold_to_time()
                self._give_again()
        except BaseException:
            for worker in self._busy():
                self.crew.replace(worker, kill=True)
            raise
        return Done([self.done[task.position] for task in self.work.tasks], self.folds)

    def _hand_out(self) -> None:
        plan, tasks = self.work.plan, self.work.tasks
        shared = [tasks[at] for at in plan.shared[:MOST_TOKENS]]
        more, crew = plan.shared[MOST_TOKENS:], list(self.crew.crew.values())
        self._offer(len(shared))
        for number, (worker, own) in enumerate(zip(crew, plan.own, strict=True)):
            mine = [tasks[at] for at in (*own, *more[number :: len(crew)])]
            if mine or shared:
                self._give(worker, mine, shared)

    def _busy(self) -> list[Worker]:
        return [worker for worker in self.crew.crew.values() if worker.batch is not None]

    def _offer(self, count: int) -> None:
        """A token for each shared client; what an interrupted round left is thrown away."""
        reading, writing = self.crew.tokens
        with contextlib.suppress(BlockingIOError):
            while os.read(reading, 1 << 16):
                pass
        tokens = b"".join(map(TOKEN.pack, range(count)))
        os.write(writing, tokens)

    def _give(
        self, worker: Worker, own: Sequence[Task], shared: Sequence[Task] = (), attempt: int = 1
    ) -> None:
        together = self.work.together and attempt == 1
        batch = Batch(self.work.contents, own, shared, self.work.fold, together, attempt)
        area = self.work.area
        worker.batch, worker.told = own, []
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # read as its end
            wire.send(worker.sock, pickle.dumps(batch, 5), [] if area is None else [area])

    def _listen(self) -> None:
        """Wait for whoever speaks first, or for the next look around."""
        with selectors.DefaultSelector() as selector:
            for worker in self.crew.crew.values():
                selector.register(worker.sock, selectors.EVENT_READ, worker)
            for key, _ in selector.select(LOOK_AROUND):
                worker = key.data
                frame = wire.receive(worker.sock)
                if frame is None:
                    self._bury(worker)
                else:
                    self._hear(worker, opened(*frame))

    def _hear(self, worker: Worker, told: Told) -> None:
        for outcome in told.outcomes:
            if outcome.failure and outcome.failure.fatal:
                raise outcome.failure.fatal
        if self.work.fold:
            worker.told += told.outcomes
        else:
            self._settle(told.outcomes)
        self.finished(told.outcomes)
        if told.ended:
            if told.folds is not None:
                self.folds.merge(told.folds)
            self._settle(worker.told)
            worker.batch, worker.told = None, []

    def _settle(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.done[outcome.position] = outcome
            self.open.pop(outcome.position, None)
            number, peak = outcome.facts.worker, outcome.facts.peak_memory or 0
            self.crew.peaks[number] = max(self.crew.peaks.get(number, 0), peak)

    def _bury(self, worker: Worker, failure: Failure | None = None) -> None:
        """Put a new process in a dead one's place and its unfinished clients up for another run.

        The client it died of goes last and alone, and is failed when it kills a second time, or
        at once with the `failure` it was killed for.
        """
        index, since = pulse(self.crew.beats, worker.number)
        batch = worker.batch or []
        how = self.crew.replace(worker, kill=failure is not None)
        culprit = self.open.get(index)
        if culprit is not None:
            self.deaths[index] += 1
            if failure or self.deaths[index] >= DEATHS:
                reason = failure or Failure(
                    PROCESS_DIED, f"the worker process {how} twice while it ran this client"
                )
                self._fail(culprit, reason, since, worker.number)
        again = [task for task in batch if task.position in self.open and task is not culprit]
        self.lost += [again] if again else []
        self.lost += [[culprit]] if culprit and culprit.position in self.open else []

    def _fail(self, task: Task, failure: Failure, since: float, worker: int) -> None:
        facts = Facts(since, time.monotonic() - since, 0.0, worker=worker)
        outcome = Outcome(task.position, None, None, failure, task.state, facts)
        self._settle([outcome])
        self.finished([outcome])

    def _hold_to_time(self) -> None:
        """End clients that take longer than one may, and the round when its time is over."""
        now, limit = time.monotonic(), self.work.client_timeout
        over = self.work.deadline is not None and now > self.work.deadline
        for worker in self._busy() if limit or over else ():
            index, since = pulse(self.crew.beats, worker.number)
            if over or (index != NOBODY and limit and now - since > limit):
                reason = OVER_WHILE_IT_RAN if over else f"it took over {limit:g} s and was ended"
                self._bury(worker, Failure(TIMED_OUT, reason))
        if over:
            for task in list(self.open.values()):
                self._fail(task, Failure(TIMED_OUT, OVER_BEFORE_IT_RAN), now, 0)
            self.lost = []

    def _give_again(self) -> None:
        """Lost clients to whoever is free; the rest, when nobody is busy, to the first."""
        for worker in self.crew.crew.values():
            if worker.batch is None and self.lost:
                self._give(worker, self.lost.pop(0), attempt=2)
        if self.open and not self._busy():
            # Taken from the queue by a worker that died before it ran them.
            self.lost = [list(self.open.values())]
            self._give_again()
