"""What each client and each round took: kept beside the run, one JSON object a line.

    client  round, kind, client (partition), worker, device, start (s since the round began),
            seconds, cpu_seconds, predicted, size, examples, tokens, bytes_down, bytes_up,
            peak_memory, gpu_memory, outcome "done" | "failed", stolen, attempt
    round   round, kind, policy, workers, clients, started (epoch), seconds, makespan, bound,
            predicted, idle, utilisation [per worker]

A round's clients come before the round. Protea (arXiv:2207.01053) profiles clients in order to run
more of them at once; here the same figures also place them, and are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .placement import Plan, Ran, RoundReport, round_report
from .work import Outcome, Task, partition_of


class RoundHead(NamedTuple):
    """What is known of a round before it runs."""

    round: int
    kind: str
    policy: str
    started: float
    """Seconds since the epoch."""
    begun: float
    """The same moment on the monotonic clock."""
    workers: Sequence[str]


class Profiles:
    """Appends to a file, or to nothing when there is none."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.last: RoundReport | None = None
        """Figures of the last train round."""

    def record(
        self,
        head: RoundHead,
        plan: Plan,
        tasks: Sequence[Task],
        outcomes: Sequence[Outcome],
        known: Sequence[tuple[float | None, float | None, int]],
        seconds: float,
    ) -> None:
        """Keep one round; `known` is (size, predicted seconds, bytes down) of each client."""
        ran = [Ran(o.facts.worker, o.facts.start - head.begun, o.facts.seconds) for o in outcomes]
        report = round_report(ran, len(head.workers))
        if head.kind == "train":
            self.last = report
        if self.file is not None:
            clients = map(_client, (head for _ in tasks), tasks, outcomes, known)
            self._append([*clients, _round(head, plan, report, len(tasks), seconds)])

    def _append(self, lines: Iterable[dict[str, Any]]) -> None:
        assert self.file is not None
        text = "".join(json.dumps(line) + "\n" for line in lines)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(text)


def _client(
    head: RoundHead, task: Task, outcome: Outcome, known: tuple[float | None, float | None, int]
) -> dict[str, Any]:
    facts = outcome.facts
    return {
        "event": "client",
        "round": head.round,
        "kind": head.kind,
        "client": partition_of(task.node),
        "worker": facts.worker,
        "device": head.workers[facts.worker],
        "start": _short(facts.start - head.begun),
        "seconds": _short(facts.seconds),
        "cpu_seconds": _short(facts.cpu_seconds),
        "predicted": _short(known[1]),
        "size": known[0],
        "examples": facts.examples,
        "tokens": facts.tokens,
        "bytes_down": known[2],
        "bytes_up": facts.bytes_up,
        "peak_memory": facts.peak_memory,
        "gpu_memory": facts.gpu_memory,
        "outcome": "failed" if outcome.failure else "done",
        "stolen": facts.stolen,
        "attempt": facts.attempt,
    }


def _round(
    head: RoundHead, plan: Plan, report: RoundReport, clients: int, seconds: float
) -> dict[str, Any]:
    return {
        "event": "round",
        "round": head.round,
        "kind": head.kind,
        "policy": head.policy,
        "workers": len(head.workers),
        "clients": clients,
        "started": round(head.started, 3),
        "seconds": _short(seconds),
        "makespan": _short(report.makespan),
        "bound": _short(report.bound),
        "predicted": _short(plan.makespan),
        "idle": round(report.idle, 4),
        "utilisation": [round(share, 4) for share in report.utilisation],
    }


def _short(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
