"""A worker process: takes clients, runs them one after another, says what came of them."""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from flwr.app import RecordDict

from . import wire
from .fold import Folds
from .runner import Federation, Runner
from .work import Batch, Outcome, Task

TOKEN = struct.Struct("<I")
BEAT = struct.Struct("<qd")
BEAT_ROOM = 64
"""Bytes between two workers' heartbeats: a cache line, so that they do not slow each other."""
NOBODY = -1
FLUSH_SECONDS = 0.05
FLUSH_BYTES = 1 << 20


class Seat(NamedTuple):
    """What a worker process shares with the one that started it."""

    number: int
    sock: socket.socket
    tokens: int
    """Reading end of the queue of shared clients: the kernel hands each token to one reader."""
    beats: mmap.mmap
    threads: int


class Told(NamedTuple):
    """A frame to the grid: clients that are done and, at a batch's end, what was folded."""

    outcomes: Sequence[Outcome]
    folds: Folds | None = None
    ended: bool = False


def beat(beats: mmap.mmap, worker: int, index: int) -> None:
    """Say which client is being run, since when."""
    BEAT.pack_into(beats, worker * BEAT_ROOM, index, time.monotonic())


def pulse(beats: mmap.mmap, worker: int) -> tuple[int, float]:
    """Which client a worker runs, and since when on the monotonic clock."""
    index, since = BEAT.unpack_from(beats, worker * BEAT_ROOM)
    return index, since


class Outbox:
    """Collects outcomes and sends them in few frames; a big one goes at once."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.waiting: list[Outcome] = []
        self.bytes, self.sent = 0, time.monotonic()

    def add(self, outcome: Outcome) -> None:
        """Keep it for the next frame."""
        self.waiting.append(outcome)
        self.bytes += 0 if outcome.folded else outcome.facts.bytes_up
        if self.bytes > FLUSH_BYTES or time.monotonic() - self.sent > FLUSH_SECONDS:
            self._send(Told(self.waiting))

    def end(self, folds: Folds | None) -> None:
        """The batch is done."""
        self._send(Told(self.waiting, folds, ended=True))

    def _send(self, told: Told) -> None:
        parcel, area = wire.pack(told)
        wire.send(self.sock, pickle.dumps(parcel, 5), [] if area is None else [area])
        if area is not None:
            os.close(area)
        self.waiting, self.bytes, self.sent = [], 0, time.monotonic()


def opened(payload: bytes, descriptors: Sequence[int]) -> Any:
    """What a frame of `Outbox` says."""
    return opened_parcel(pickle.loads(payload), descriptors)  # noqa: S301 - our own worker's


def opened_parcel(parcel: wire.Parcel, descriptors: Sequence[int]) -> Any:
    """The parcel's content; the descriptors are closed, the mapping stays."""
    thing = wire.unpack(parcel, descriptors[0] if descriptors else None)
    for descriptor in descriptors:
        os.close(descriptor)
    return thing


def work(seat: Seat, runner: Runner) -> None:
    """Take batches until the other side is gone."""
    while frame := wire.receive(seat.sock):
        payload, descriptors = frame
        batch: Batch = pickle.loads(payload)  # noqa: S301 - our own grid's
        contents: list[RecordDict] = opened_parcel(batch.contents, descriptors)
        runner.begin(batch.fold)
        outbox = Outbox(seat.sock)
        for outcome, stolen in _outcomes(batch, seat, runner, contents):
            facts = outcome.facts._replace(worker=seat.number, stolen=stolen, attempt=batch.attempt)
            outbox.add(outcome._replace(facts=facts))
        outbox.end(runner.folds if batch.fold else None)


def _outcomes(
    batch: Batch, seat: Seat, runner: Runner, contents: Sequence[RecordDict]
) -> Iterator[tuple[Outcome, bool]]:
    """The worker's own clients, then whichever shared ones it is first to take."""
    for tasks in [batch.own] if batch.together else [[task] for task in batch.own]:
        if tasks:
            beat(seat.beats, seat.number, tasks[0].position)
        for outcome in runner.run_all(tasks, contents, batch.together):
            yield outcome, False
    for task in _taken(batch.shared, seat.tokens):
        beat(seat.beats, seat.number, task.position)
        yield runner.run(task, contents[task.content]), True
    beat(seat.beats, seat.number, NOBODY)


def _taken(shared: Sequence[Task], tokens: int) -> Iterator[Task]:
    """Shared clients, as long as there are any left."""
    while shared:
        try:
            token = os.read(tokens, TOKEN.size)
        except BlockingIOError:
            return
        if not token:
            return
        yield shared[TOKEN.unpack(token)[0]]


def settle(seat: Seat) -> None:
    """Make this process a worker: few threads, no say in signals that are meant for the grid."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(seat.threads)
    beat(seat.beats, seat.number, NOBODY)


def main() -> None:
    """A worker that was started afresh: its seat is in its arguments, its app comes as a pickle."""
    number, sock, tokens, beats, room, threads = map(int, sys.argv[1:7])
    os.environ["OMP_NUM_THREADS"] = str(threads)
    seat = Seat(number, socket.socket(fileno=sock), tokens, mmap.mmap(beats, room), threads)
    frame = wire.receive(seat.sock)
    if frame is None:
        return
    paths, app_pickle, federation = pickle.loads(frame[0])  # noqa: S301 - our own grid's
    sys.path[:0] = [path for path in paths if path not in sys.path]
    app = pickle.loads(app_pickle)  # noqa: S301 - the app that was to be run
    settle(seat)
    work(seat, Runner(app, Federation(*federation)))
