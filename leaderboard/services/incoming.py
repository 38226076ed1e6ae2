"""The folder in which uploads are unpacked and looked at, each for a moment."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

LEFT_OVER_SECONDS = 24 * 3600


def clear_incoming() -> None:
    """Delete what a process that was killed left unpacked."""
    for path in incoming().iterdir():
        if _age(path) > LEFT_OVER_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
            with suppress(OSError):
                path.unlink()


def incoming() -> Path:
    """Where uploads are unpacked; only this process's own names are made in it."""
    place = Path(settings.STATE_DIR) / "incoming"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _age(path: Path) -> float:
    """Seconds; none for what went away meanwhile."""
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime
    return 0.0
