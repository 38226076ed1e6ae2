"""Stores what an engine says while it says it, under the claim's fence."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Max

from leaderboard import queue
from leaderboard.jobs import Json
from leaderboard.models import LogChunk, ProgressLine
from leaderboard.queue import Claim

log = logging.getLogger(__name__)

LOG_LIMIT = 2 * 1024**2
"""Characters of log kept for an attempt; an engine that prints for ever fills no disk here."""
CHECK_SECONDS = 1.0


class Recorder:
    """The follower of one engine run; writes at most once a second."""

    def __init__(self, claim: Claim, each_heartbeat: Callable[[], object] = lambda: None) -> None:
        self.claim = claim
        self.each_heartbeat = each_heartbeat
        self.wanted = True
        self.checked = self.renewed = time.monotonic()
        self.fresh: list[Json] = []
        self.output = ""
        self.room = LOG_LIMIT
        stored = ProgressLine.objects.filter(attempt_id=claim.attempt_id)
        before = stored.filter(stage=claim.stage).order_by("-seq").first()
        self.last: Json = before.data if before else {}
        self.next_line = _after(stored.aggregate(Max("seq"))["seq__max"])
        log = LogChunk.objects.filter(attempt_id=claim.attempt_id)
        self.next_chunk = _after(log.aggregate(Max("seq"))["seq__max"])

    def lines(self, found: list[Json]) -> None:
        """Keep what is new: a run that was taken up again finds its old lines in the file."""
        until = _time(self.last)
        self.fresh += [line for line in found if _time(line) >= until and line != self.last]

    def text(self, found: str) -> None:
        """Keep output, up to a limit."""
        self.output += found[: self.room]
        if len(found) > self.room > 0:
            self.output += f"\n[only the first {LOG_LIMIT} characters are kept]\n"
        self.room = max(0, self.room - len(found))

    def flush(self) -> None:
        """Write what was collected, or keep it until the database is back."""
        if not self.fresh and not self.output:
            return
        try:
            with transaction.atomic():
                self._write()
        except OperationalError:
            log.exception("Progress of attempt %s waits.", self.claim.attempt_id)
            return
        self.fresh, self.output = [], ""

    def _write(self) -> None:
        # The row first, under the fence: it keeps others out until the transaction ends.
        if not queue.keep(self.claim, **(_counts(self.fresh) or {"fence": F("fence")})):
            self.wanted = False
            return
        # Every batch of items says where it stands; only the latest is worth keeping.
        lines = [line for line in self.fresh if line["event"] != "items"]
        ProgressLine.objects.bulk_create(map(self._row, lines, itertools.count(self.next_line)))
        if self.output:
            LogChunk.objects.create(
                attempt_id=self.claim.attempt_id, seq=self.next_chunk, text=self.output
            )
        self.next_line += len(lines)
        self.next_chunk += bool(self.output)

    def _row(self, line: Json, seq: int) -> ProgressLine:
        return ProgressLine(
            attempt_id=self.claim.attempt_id,
            seq=seq,
            stage=self.claim.stage,
            event=line["event"][:20],
            data=line,
        )

    def beat(self) -> bool:
        """Once a second look whether the row is still ours; renew the lease in time."""
        now = time.monotonic()
        if not self.wanted or now - self.checked < CHECK_SECONDS:
            return self.wanted
        self.checked = now
        self.flush()
        if now - self.renewed < settings.HEARTBEAT_SECONDS:
            self.wanted = self.wanted and queue.holds(self.claim)
        else:
            self._renew(now)
        return self.wanted

    def _renew(self, now: float) -> None:
        self.renewed = now
        claim = queue.heartbeat(self.claim)
        self.wanted = self.wanted and claim is not None
        self.claim = claim or self.claim
        self.each_heartbeat()


def _counts(lines: list[Json]) -> dict[str, int | str]:
    """How far the run is, from the last lines that say so."""
    counts: dict[str, int | str] = {}
    for line in lines:
        match line["event"]:
            case "start":
                counts |= {
                    "done": 0,
                    "of": _whole(line, "of"),
                    "unit": str(line.get("unit", ""))[:12],
                }
            case "resume":
                counts |= {"done": _whole(line, "round")}
            case "round":
                counts |= {"done": _whole(line, "round"), "of": _whole(line, "of")}
            case "items":
                counts |= {"done": _whole(line, "done"), "of": _whole(line, "of")}
    return counts


def _whole(line: Json, key: str) -> int:
    found = line.get(key)
    return found if isinstance(found, int) and found >= 0 else 0


def _time(line: Json) -> float:
    found = line.get("time")
    return float(found) if isinstance(found, int | float) else 0.0


def _after(seq: int | None) -> int:
    return 0 if seq is None else seq + 1
