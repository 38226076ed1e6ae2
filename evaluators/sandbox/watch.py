"""Watches boxes: reads what they write, and ends them when a limit is broken."""

from __future__ import annotations

import os
import re
import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .box import Box, children
from .verdicts import KIBIBYTE, Limits, Reason, Stopped

TICK_SECONDS = 0.02
CHUNK = 2**16
PAGE = os.sysconf("SC_PAGE_SIZE")
HELD = re.compile(rb"^Rss(?:Anon|Shmem):\s*(\d+)", re.MULTILINE)
"""Memory of a process's own, or shared with other processes, in KiB; not its programs' files."""
CLOCK = os.sysconf("SC_CLK_TCK")

Waiting = Callable[[], bool]
"""Whether somebody still waits for the verdict."""


class Stream:
    """What came from a descriptor: all of it counted, the first `keep` bytes kept."""

    def __init__(self, fd: int, keep: int) -> None:
        self.fd, self.keep = fd, keep
        self.content = bytearray()
        self.total = 0
        self.open = True

    def read(self) -> None:
        chunk = os.read(self.fd, CHUNK)
        self.open = bool(chunk)
        self.total += len(chunk)
        self.content += chunk[: max(0, self.keep - len(self.content))]

    def began(self) -> bool:
        """Whether a line has come, or nothing can."""
        return b"\n" in self.content or not self.open

    def ended(self) -> bool:
        """Whether nothing more can come."""
        return not self.open

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


def follow(
    boxes: Sequence[Box],
    streams: Sequence[Stream],
    until: Callable[[], bool],
    limits: Limits,
    waiting: Waiting,
    deadline: float,
) -> Reason | None:
    """Read the streams until `until` says so; the limit that a box broke, if one did.

    `deadline` is on the monotonic clock. Raises `Stopped` when the verdict is wanted no more.
    """
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            if stream.open:
                selector.register(stream.fd, selectors.EVENT_READ, stream)
        looked = time.monotonic()
        while not until():
            for key, _ in selector.select(TICK_SECONDS):
                key.data.read()
                if not key.data.open:
                    selector.unregister(key.fd)
                if key.data.total > limits.output_bytes:
                    return "output limit"
            if (now := time.monotonic()) - looked < TICK_SECONDS:
                continue
            looked = now
            if not waiting():
                raise Stopped
            if now > deadline:
                return "time limit"
            for box in boxes:
                if broken := excess(box, limits):
                    return broken
    return None


class Use(NamedTuple):
    """What the processes of a box use together."""

    tasks: int
    cpu_seconds: float
    memory_bytes: int
    files: int


def excess(box: Box, limits: Limits) -> Reason | None:
    """The limit that a box is beyond."""
    used = use(box.process.pid, limits.disk_bytes)
    if used.tasks >= limits.processes:
        return "process limit"
    if used.memory_bytes > limits.memory_bytes:
        return "memory limit"
    if used.cpu_seconds > limits.cpu_seconds:
        return "time limit"
    return "disk limit" if used.files > limits.files else None


def use(pid: int, disk_bytes: int) -> Use:
    """What the process and all its descendants use; those that end meanwhile count as nothing."""
    tasks, ticks, kibibytes, files = 0, 0, 0, 0
    for child in descendants(pid):
        try:
            stat = Path(f"/proc/{child}/stat").read_bytes().rpartition(b")")[2].split()
            kibibytes += sum(map(int, HELD.findall(Path(f"/proc/{child}/status").read_bytes())))
        except OSError:
            continue
        ticks += sum(map(int, stat[11:15]))
        tasks += int(stat[17])
        files = max(files, _files(child, disk_bytes))
    return Use(tasks, ticks / CLOCK, kibibytes * KIBIBYTE, files)


def _files(pid: int, disk_bytes: int) -> int:
    """How many files there are on the private disk of a process, once it has one."""
    try:
        disk = os.statvfs(f"/proc/{pid}/root/tmp")
    except OSError:
        return 0
    private = disk.f_blocks * disk.f_frsize < disk_bytes + PAGE
    return disk.f_files - disk.f_ffree if private else 0


def descendants(pid: int) -> Iterator[int]:
    """The children of a process, theirs, and so on."""
    for child in children(pid):
        yield child
        yield from descendants(child)
