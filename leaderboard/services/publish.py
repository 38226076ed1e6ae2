"""Turn a finished evaluation into scores that never change."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from evaluators.job import ProtocolScore, Result
from evaluators.job import TaskScore as TaskResult
from leaderboard import digests, stages, storage
from leaderboard.jobs import Json
from leaderboard.models import Score, Submission, TaskScore
from leaderboard.queue import Claim

from .boards import mark_dirty
from .telling import tell

PARQUET = "application/vnd.apache.parquet"


def publish(claim: Claim, submission: Submission, reported: Json, path: Path) -> bool:
    """Store items and scores and mark the boards, all or nothing; False when we come late.

    The same suite and evaluator version scores a submission once: what exists stays.
    """
    result = Result.model_validate(
        {key: value for key, value in reported.items() if key in Result.model_fields}
    )
    items = _store_items(result, path)
    with transaction.atomic():
        moved = stages.move(
            claim.attempt_id,
            claim.stage,
            claim.fence,
            "published",
            evaluation_result={**reported, "evaluator_sha256": digests.evaluator()},
        )
        if not moved:
            return False
        for protocol, score in result.protocols.items():
            store_score(claim.attempt_id, submission, result, protocol, score, items)
            mark_dirty(submission.domain, protocol)
        tell(claim.attempt_id)
    return True


def _store_items(result: Result, path: Path) -> dict[str, str]:
    """Each task's items file by its digest, which must be the one the engine reports."""
    digests = {}
    for score in result.protocols.values():
        for name in [task.items for task in score.tasks if task.items]:
            digests[name] = storage.put(_inside(path, name), PARQUET)
            if result.files.get(name, digests[name]) != digests[name]:
                raise storage.StorageError(f"{name} changed after the engine had written it.")
    return digests


def _inside(path: Path, name: str) -> Path:
    """A file of the job directory and of nowhere else."""
    file = (path / name).resolve()
    if not file.is_relative_to(path.resolve()):
        raise storage.StorageError(f"{name} is outside the job directory.")
    return file


def store_score(
    attempt_id: int,
    submission: Submission,
    result: Result,
    protocol: str,
    found: ProtocolScore,
    items: dict[str, str],
) -> None:
    """A score and its tasks; what the same versions scored before stays.

    `items` are the digests of the tasks' files.
    """
    score, created = Score.objects.get_or_create(
        submission=submission,
        suite=result.suite,
        suite_version=result.suite_version,
        evaluator_version=result.evaluator_version,
        protocol=protocol,
        defaults={
            "attempt_id": attempt_id,
            "unscored": found.unscored or "",
            **found.model_dump(include={"average", "stderr", "low", "high", "corrected"}),
        },
    )
    if created:
        TaskScore.objects.bulk_create(
            _task_row(score, position, task, items) for position, task in enumerate(found.tasks)
        )


def _task_row(score: Score, position: int, task: TaskResult, items: dict[str, str]) -> TaskScore:
    plain = task.model_dump(exclude={"items", "unscored", "samples"})
    return TaskScore(
        score=score,
        position=position,
        unscored=task.unscored or "",
        items=items.get(task.items or "", ""),
        **plain,
    )
