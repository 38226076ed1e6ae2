"""What clients leave in their `Context.state`: kept only for those that do, spilled when it grows.

The grid holds it, not the workers, so that a client may run anywhere next time and a worker's death
loses nothing that was there before the round.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from pathlib import Path

IN_MEMORY = 256 * 1024**2
"""Bytes of states held in memory; the longest unused beyond it lie in a temporary folder."""


class States:
    """Pickled states by node."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._room = in_memory
        self._held: OrderedDict[int, bytes] = OrderedDict()
        self._size = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._spilled: set[int] = set()

    def get(self, node: int) -> bytes | None:
        """The state a client left behind; None for a client that left none."""
        if node in self._spilled:
            return self._file(node).read_bytes()
        return self._held.get(node)

    def put(self, node: int, state: bytes | None) -> None:
        """Keep it in the place of the last one; None forgets."""
        self._size -= len(self._held.pop(node, b""))
        if node in self._spilled:
            self._spilled.remove(node)
            self._file(node).unlink()
        if state is not None:
            self._held[node] = state
            self._size += len(state)
        while self._size > self._room and self._held:
            self._spill(*self._held.popitem(last=False))

    def _spill(self, node: int, state: bytes) -> None:
        self._file(node).write_bytes(state)
        self._spilled.add(node)
        self._size -= len(state)

    def _file(self, node: int) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="client-states-")
        return Path(self._folder.name) / str(node)
