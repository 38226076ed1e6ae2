"""What a person sees of a simulation in a terminal: how far it is, and how it went."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TextIO

from tqdm import tqdm

from .grid import Seen

MOST_FAILURES = 10


class Progress:
    """A bar for the round that runs; where nobody looks on, a line for each that is over.

    Both go to `stream`, so that an app's own output stays what the app prints. How many rounds
    there will be is known to the app alone.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._interactive = stream, stream.isatty()
        self._bar: tqdm[Any] | None = None
        self._now: tuple[int, str] | None = None
        self._begun = time.monotonic()
        self._earlier, self._failed = 0, 0
        self._told = False

    def __call__(self, seen: Seen) -> None:
        """Show one more step."""
        if (seen.round, seen.kind) != self._now:
            self._turn(seen)
        self._failed = self._earlier + seen.failed
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self._failed} failed", refresh=False)
            self._bar.update(seen.done - self._bar.n)
        elif seen.done == seen.of and not self._told:
            self._told = True  # what a dying worker takes along is run, and seen, again
            failed = f", {seen.failed} failed" if seen.failed else ""
            seconds = time.monotonic() - self._begun
            self.write(f"{_name(seen)}: {_count(seen.of)}{failed}, {seconds:.2f} s")
            self._begun = time.monotonic()

    def write(self, line: str) -> None:
        """A line of its own, above the bar."""
        tqdm.write(line, file=self._stream)
        self._stream.flush()

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()

    def _turn(self, seen: Seen) -> None:
        """Another round, or its other half."""
        self._now, self._earlier = (seen.round, seen.kind), self._failed
        self._told = False
        if self._bar is not None:
            self._bar.set_description(_name(seen), refresh=False)
            self._bar.reset(total=seen.of)
        elif self._interactive:
            self._bar = tqdm(
                desc=_name(seen),
                total=seen.of,
                file=self._stream,
                unit="client",
                dynamic_ncols=True,
            )


class Failures(logging.Handler):
    """Says of the first clients that fail why; a strategy tells it to Flower's log alone."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._write, self._left = write, MOST_FAILURES

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is about a failed reply, drop the rest."""
        if "error in reply from node" in str(record.msg) and self._left and record.args:
            self._left -= 1
            node, reason = record.args
            self._write(f"client {int(str(node)) - 1} failed: {reason}")


@contextmanager
def flower_log(write: Callable[[str], None], whole: bool) -> Iterator[None]:
    """Flower's own log as it is, or reduced to why clients failed."""
    logger = logging.getLogger("flwr")
    level, handlers = logger.level, logger.handlers[:]
    logger.setLevel(logging.INFO)
    if not whole:
        logger.handlers = [Failures(write)]
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.handlers = handlers


class Summary(NamedTuple):
    """A whole run in five numbers; `busy` is the workers' share of time spent on clients."""

    rounds: int
    clients: int
    failed: int
    seconds: float
    busy: float | None

    def __str__(self) -> str:
        rounds = "1 round" if self.rounds == 1 else f"{self.rounds} rounds"
        rate = self.clients / self.seconds if self.seconds else 0.0
        parts = [f"{_count(self.clients)} ({rate:.1f}/s)", f"{self.failed} failed"]
        if self.busy is not None:
            parts.append(f"workers busy {self.busy:.0%} of the rounds' time")
        return f"{rounds} in {self.seconds:.2f} s: {', '.join(parts)}"


def summarise(profiles: Iterable[str], seconds: float) -> Summary:
    """A run's lines of profiles.jsonl summed up; `seconds` is what the run took as a whole."""
    lines = [json.loads(line) for line in profiles]
    rounds = [line for line in lines if line["event"] == "round"]
    clients = [line for line in lines if line["event"] == "client"]
    spent = sum(line["seconds"] for line in rounds)
    busy = sum((1 - line["idle"]) * line["seconds"] for line in rounds)
    return Summary(
        rounds=len({line["round"] for line in rounds if line["kind"] == "train"}),
        clients=len(clients),
        failed=sum(line["outcome"] == "failed" for line in clients),
        seconds=seconds,
        busy=busy / spent if spent else None,
    )


def _name(seen: Seen) -> str:
    return f"round {seen.round} {seen.kind}"


def _count(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"
