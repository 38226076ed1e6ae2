"""A domain's scores as rows of its board."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from federated.methods import METHODS
from leaderboard.domains import DOMAINS
from leaderboard.models import Board, BoardEntry, Score, TaskScore


class Rows(NamedTuple):
    """The rows of a board before they are ordered, and the scores that each is made from."""

    entries: list[BoardEntry]
    scores: dict[str, list[Score]]
    """By the entry's submission id."""
    suite: str
    evaluator: str
    """Versions."""


class Version(NamedTuple):
    """What scores must share to be compared."""

    suite: str
    evaluator: str


def domain_rows(board: Board) -> Rows:
    """One row for every score that can be compared with the others."""
    scores, version = _comparable(board)
    entries = [_entry(board, score) for score in scores]
    return Rows(entries, {score.submission_id: [score] for score in scores}, *version)


def version_of(score: Score) -> Version:
    """The versions a score was made with."""
    return Version(score.suite_version, score.evaluator_version)


def _comparable(board: Board) -> tuple[list[Score], Version]:
    """The scores of the version that covers most entries; the newest of those that cover as many.

    So a new evaluator version takes the board over when re-evaluation has reached everybody, in
    one step, and until then the old numbers stay.
    """
    everything = (
        Score.objects.filter(suite=board.domain, protocol=board.protocol)
        .select_related("submission__owner", "attempt")
        .defer("attempt__evaluation_result", "attempt__evaluation_job", "attempt__training_job")
        .defer("submission__recipe", "submission__recipe_text")
        .prefetch_related("tasks")
        .order_by("created", "pk")
    )
    by_version: dict[Version, list[Score]] = {}
    for score in everything:
        by_version.setdefault(version_of(score), []).append(score)
    if not by_version:
        return [], Version("", "")
    covered = Counter({version: len(scores) for version, scores in by_version.items()})
    chosen = max(by_version, key=lambda version: (covered[version], by_version[version][-1].pk))
    return by_version[chosen], chosen


def _entry(board: Board, score: Score) -> BoardEntry:
    submission = score.submission
    method = METHODS.get(submission.method)
    return BoardEntry(
        board=board,
        submission=submission,
        name=submission.name,
        owner=submission.owner.get_username(),
        method=submission.method,
        method_title=method.title if method else submission.method,
        base_model=submission.base_model,
        trust=submission.trust,
        is_control=submission.is_control,
        average=percent(score.average),
        low=percent(score.low),
        high=percent(score.high),
        corrected=percent(score.corrected),
        unscored=score.unscored,
        tasks=[_cell(board.domain, task) for task in score.tasks.all()],
        submitted_at=submission.created,
        **_costs(score.attempt.training_result or {}),
    )


def _cell(domain: str, task: TaskScore) -> dict[str, Any]:
    known = DOMAINS.get(domain)
    return {
        "key": task.task,
        "title": known.task_title(task.task) if known else task.task,
        "n": task.n,
        "accuracy": percent(task.accuracy),
        "low": percent(task.low),
        "high": percent(task.high),
        "corrected": percent(task.corrected),
        "compliance": percent(task.compliance),
        "unscored": task.unscored,
    }


def _costs(result: dict[str, Any]) -> dict[str, float | int | None]:
    """What the run took; None where the record does not say."""
    traffic = result.get("traffic") or {}
    down, up = traffic.get("bytes_down"), traffic.get("bytes_up")
    trained, memory = result.get("trained_parameters"), result.get("peak_memory_bytes")
    return {
        "gigabytes": None if down is None or up is None else (down + up) / 1024**3,
        "trained_millions": None if trained is None else trained / 1e6,
        "memory_gigabytes": None if memory is None else memory / 1024**3,
        "seconds": result.get("seconds"),
        "rounds": result.get("rounds"),
    }


def percent(share: float | None) -> float | None:
    """A fraction as percent, at full precision."""
    return None if share is None else 100 * share
