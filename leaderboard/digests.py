"""What stands behind a score, in digests: its questions, its suite, the code that judged it."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluators import suites
from evaluators.suites import SUITES, Task

from . import itemfiles, storage

CODE = (".py", ".yaml", ".yml", ".json", ".js", ".txt")


def canonical(value: Any) -> bytes:
    """The one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sha256(content: bytes) -> str:
    """As hex digits."""
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=1)
def evaluator() -> str:
    """Of the evaluation engine's own files: the same version number with other code shows here."""
    room = Path(suites.__file__).parents[1]
    files = sorted(file for file in room.rglob("*") if file.suffix in CODE)
    listing = [(file.relative_to(room).as_posix(), sha256(file.read_bytes())) for file in files]
    return sha256(canonical(listing))


def suite(key: str, version: str) -> str | None:
    """Of what a suite asks: sets, revisions, splits, instructions, options. None where today's
    suite is another version, or one cut short of it is another's."""
    found = SUITES.get(key)
    if found is None or version.partition(",")[0] != found.version:
        return None
    return sha256(canonical([version, *map(_asked, found.tasks)]))


@lru_cache(maxsize=256)
def item_ids(digest: str) -> str | None:
    """Over a file's item ids, each once, in the file's order, one a line. None where the file
    cannot be read."""
    try:
        ids = itemfiles.item_ids(digest)
    except storage.StorageError:
        return None
    return sha256("\n".join(ids).encode())


def _asked(task: Task) -> dict[str, Any]:
    """A task's data; what reads a row is code, and in the evaluator's digest."""
    return {
        name: value
        for name, value in task._asdict().items()
        if name not in ("read", "title", "quirks")
    }
