"""Scored submissions with stored items, made without engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from evaluators.scoring import score_protocol, score_task, tally
from leaderboard import services, storage
from leaderboard.models import Attempt, Score, Submission, TaskScore

CHANCE = 0.25
PIN = {"id": "tiny/llama", "revision": "main", "source": "here"}
Verdicts = Sequence[float]
"""Each item's verdict, 0 or 1; for `items_file` also the share of its samples that are right."""


def right(count: int, n: int = 100) -> list[float]:
    """The first `count` of `n` items right."""
    return [1.0] * count + [0.0] * (n - count)


def items_file(verdicts: Verdicts, task: str = "fpb", samples: int = 1, old: bool = False) -> str:
    """Store an items file; answers its digest. Old ones have no column `sample`."""
    rows = [
        {"item_id": f"{task}-{place}", "sample": sample, "correct": sample < round(share * samples)}
        for place, share in enumerate(verdicts)
        for sample in range(samples)
    ]
    table = pa.Table.from_pylist(rows)
    sink = pa.BufferOutputStream()
    pq.write_table(table.drop_columns("sample") if old else table, sink)
    return storage.put(sink.getvalue().to_pybytes())


def scored(
    owner: Any,
    name: str,
    tasks: Mapping[str, Verdicts] | None,
    domain: str = "finance",
    method: str = "fedavg",
    items: bool = True,
    **changes: Any,
) -> Submission:
    """A published submission with one clean score; without `tasks` an unscored one."""
    submission = Submission.objects.create(
        owner=owner, name=name, domain=domain, method=method, recipe={}, recipe_text="",
        recipe_sha256="", base_pin=PIN, dataset_pin=PIN, base_model="tiny/llama",
        is_control=method in ("untuned", "majority", "centralised", "one-client"),
    )  # fmt: skip
    now = timezone.now()
    attempt = Attempt.objects.create(
        submission=submission, stage="published", stage_since=now, queued_at=now,
        training_result={"traffic": {"bytes_down": 2**30, "bytes_up": 0}, "seconds": 60.0},
    )  # fmt: skip
    add_score(attempt, domain, tasks, items, **changes)
    services.mark_dirty(domain, "clean")
    return submission


def add_score(
    attempt: Attempt, domain: str, tasks: Mapping[str, Verdicts] | None, items: bool, **changes: Any
) -> None:
    found = {
        task: score_task(task, CHANCE, _counted(verdicts), "x")
        for task, verdicts in (tasks or {}).items()
    }
    whole = score_protocol(list(found.values()))
    score = Score.objects.create(
        submission_id=attempt.submission_id, attempt=attempt, suite=domain,
        **{"protocol": "clean", "suite_version": "1", "evaluator_version": "1", **changes},
        unscored=whole.unscored or "",
        **whole.model_dump(include={"average", "stderr", "low", "high", "corrected"}),
    )  # fmt: skip
    kept = {"n", "accuracy", "stderr", "low", "high", "chance", "corrected", "compliance"}
    TaskScore.objects.bulk_create(
        TaskScore(
            score=score, position=place, task=task, unscored="",
            items=items_file(tasks[task], task) if items and tasks else "",
            **one.model_dump(include=kept),
        )
        for place, (task, one) in enumerate(found.items())
    )  # fmt: skip


def _counted(verdicts: Verdicts) -> Any:
    ids = [str(place) for place in range(len(verdicts))]
    correct = [share == 1.0 for share in verdicts]
    return tally(ids, correct, correct)
