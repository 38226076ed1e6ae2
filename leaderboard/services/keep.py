"""Keep with a run what its engine wrote of the clients: how each ran, and what each holds."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

from leaderboard import storage

log = logging.getLogger(__name__)


class Written(NamedTuple):
    """A file of the job directory."""

    name: str
    media_type: str
    most_bytes: int
    """A larger one is not kept: whoever reads it holds it in memory."""


WRITTEN = {
    "profiles": Written("profiles.jsonl", "application/jsonl", 128 * 1024**2),
    "partition": Written("partition.json", "application/json", 16 * 1024**2),
}
"""By the attempt's field that holds the digest."""


def keep(path: Path) -> dict[str, str]:
    """The digest of each file that is there, by its field. A run counts without them too."""
    return {
        field: storage.put(path / file.name, file.media_type)
        for field, file in WRITTEN.items()
        if _may_be_kept(path / file.name, file.most_bytes)
    }


def _may_be_kept(file: Path, most: int) -> bool:
    """A plain file of a sane size; a link could name a file of ours."""
    if file.is_symlink() or not file.is_file():
        return False
    if (size := file.stat().st_size) > most:
        log.warning("%s has %d bytes, more than %d: not kept.", file, size, most)
        return False
    return True
