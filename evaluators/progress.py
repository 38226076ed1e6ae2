"""How far an evaluation is: counts items and writes a line every second or so."""

from __future__ import annotations

import time
from collections.abc import Callable

from federated.program import JobDirectory

OnItems = Callable[[int], None]
"""Told how many items were just finished; 0 is a sign of life."""

EVERY_SECONDS = 1.0


def nobody(finished: int) -> None:
    """An `OnItems` for when nobody looks."""


class Reporter:
    """Writes `items` lines: `done` and `of` count items over all tasks and protocols."""

    def __init__(self, directory: JobDirectory, of: int, done: int = 0) -> None:
        self.directory, self.of, self.done = directory, of, done
        self.task = self.protocol = ""
        self.written = 0.0

    def begin(self, task: str, protocol: str) -> None:
        """What follows is about this task."""
        self.task, self.protocol = task, protocol
        self._write()

    def __call__(self, finished: int) -> None:
        """`finished` more items are done."""
        self.done += finished
        if time.monotonic() - self.written >= EVERY_SECONDS:
            self._write()

    def skip_to(self, done: int) -> None:
        """A task ended, or was given up: `done` items are behind us."""
        self.done = done
        self._write()

    def _write(self) -> None:
        self.written = time.monotonic()
        self.directory.progress(
            "items", done=self.done, of=self.of, task=self.task, protocol=self.protocol
        )
