"""A domain's scores as rows of its board."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from federated.methods import METHODS
from leaderboard.access import visible_through
from leaderboard.domains import DOMAINS
from leaderboard.models import PROTOCOLS, Board, BoardEntry, Score, TaskScore


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


def domain_rows(board: Board, version: Version | None = None) -> Rows:
    """One row for every score of one version, by default the one that the board shows."""
    version = version or version_shown(board)
    scores = _scores_of(board, version)
    entries = [_entry(board, score) for score in scores]
    return Rows(entries, {score.submission_id: [score] for score in scores}, *version)


def version_of(score: Score) -> Version:
    """The versions a score was made with."""
    return Version(score.suite_version, score.evaluator_version)


def version_shown(board: Board) -> Version:
    """The version that the board's numbers are of: what it shows stays until a flip changes it.

    A board that shows nothing takes the version that covers most entries; the newest of those
    that cover as many.
    """
    stored = Version(board.suite_version, board.evaluator_version)
    found = (
        public_scores(board)
        .exclude(submission__kind="numbers")
        .order_by()
        .values_list("suite_version", "evaluator_version")
        .annotate(covered=Count("pk"), newest=Max("pk"))
    )
    covered = {Version(*row[:2]): row[2:] for row in found}
    if stored in covered or not covered:
        return stored
    return max(covered, key=lambda version: covered[version])


def boards_of(domain: str) -> list[Board]:
    """A domain's boards, one a protocol; not saved where nothing was built yet."""
    found = {board.protocol: board for board in Board.objects.filter(domain=domain)}
    return [found.get(key) or Board(domain=domain, protocol=key) for key in PROTOCOLS]


def public_scores(board: Board) -> QuerySet[Score]:
    """Everything that any version of the board could show."""
    return Score.objects.filter(
        visible_through(None, "submission__"), suite=board.domain, protocol=board.protocol
    )


def covered_by(board: Board, version: Version) -> set[str]:
    """Ids of the submissions that the board would show under a version."""
    return set(_of_version(board, version).values_list("submission_id", flat=True))


def _of_version(board: Board, version: Version) -> QuerySet[Score]:
    """Reported numbers stand under every version: no evaluator of ours made them."""
    same = Q(suite_version=version.suite, evaluator_version=version.evaluator)
    return public_scores(board).filter(same | Q(submission__kind="numbers"))


def _scores_of(board: Board, version: Version) -> list[Score]:
    """One score a submission, oldest first."""
    found = (
        _of_version(board, version)
        .select_related("submission__owner", "attempt")
        .defer("attempt__evaluation_result", "attempt__evaluation_job", "attempt__training_job")
        .defer("submission__recipe", "submission__recipe_text")
        .prefetch_related("tasks")
        .order_by("created", "pk")
    )
    return list({score.submission_id: score for score in found}.values())


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
