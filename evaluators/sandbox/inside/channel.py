"""Lines of JSON between a program's box and its examiner's, over two pipes."""

from __future__ import annotations

import os

from .lines import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHUNK = 2**16


class TooLong(Exception):
    """A line above the limit."""


class Channel:
    """One end. A line that is not JSON is a ValueError; the other end's end is an EOFError."""

    def __init__(self, read_fd: int, write_fd: int, most: int) -> None:
        """`most` bytes make the longest line that is read."""
        self.read_fd, self.write_fd, self.most = read_fd, write_fd, most
        self.pending = b""

    def send(self, message: Any) -> None:
        """Write a line."""
        left = memoryview(dumps(message))
        while left:
            left = left[os.write(self.write_fd, left) :]

    def receive(self) -> Any:
        """Wait for a line and read it."""
        parts = [self.pending]
        size = len(self.pending)
        while b"\n" not in parts[-1]:
            chunk = os.read(self.read_fd, CHUNK)
            if not chunk:
                raise EOFError
            parts.append(chunk)
            size += len(chunk)
            if size > self.most:
                raise TooLong
        line, _, self.pending = b"".join(parts).partition(b"\n")
        return loads(line)
