"""Celery messages as files: the broker of an installation without servers.

Kombu's filesystem transport creates a message before it has written it, so that a worker can read
half of one and end; and it passes messages through /tmp, where a rename may turn into a copy. Here
a message appears, and is taken, by one rename inside one folder.
"""

from __future__ import annotations

import json
import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem


class Channel(filesystem.Channel):
    """Queues by name only; nothing is routed through exchanges."""

    def _queue_bind(self, *args: Any) -> None:
        """Nothing to write down: Celery addresses a queue by its name."""

    def _put(self, queue: str, payload: Any, **options: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        # Names sort by time of arrival; the wall clock, since several machines may share a folder.
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        draft = folder / f"{name}.draft"
        draft.write_text(json.dumps(payload), encoding="utf-8")
        draft.replace(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: Any = None) -> Any:
        folder = Path(self.data_folder_in)
        for found in sorted(folder.iterdir()):
            if found.name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{found.name}.{uuid.uuid4().hex}.taken"
            with suppress(FileNotFoundError):  # another worker was faster
                found.rename(taken)
                payload = taken.read_text(encoding="utf-8")
                taken.unlink()
                return json.loads(payload)
        raise Empty


class Transport(filesystem.Transport):
    """`folder://`."""

    Channel = Channel


TRANSPORT_ALIASES["folder"] = "leaderboard.broker:Transport"
