"""What a run says as it goes on, from a place onwards; and its items, a piece at a time."""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

from leaderboard import itemfiles, stages
from leaderboard.access import visible_through
from leaderboard.models import Attempt, LogChunk, ProgressLine

from .items import items_file
from .lists import HEAVY

Json = dict[str, Any]


class Stream(NamedTuple):
    """Lines after the place that was asked for. Places start anew with each attempt."""

    attempt: int
    ended: bool
    """Whether nothing more will come."""
    last: int
    """The place to ask from next."""
    results: tuple[Json, ...]


def progress(submission_id: str, user: Any, after: int, limit: int) -> Stream:
    """Progress lines; `Attempt.DoesNotExist` for what is unknown to `user`. Two queries."""
    attempt = _attempt(submission_id, user)
    rows = ProgressLine.objects.filter(attempt=attempt, seq__gt=after).order_by("seq")
    lines = rows.values("seq", "stage", "event", "data")[:limit]
    return _stream(attempt, after, list(lines), limit)


def log(submission_id: str, user: Any, after: int, limit: int) -> Stream:
    """Pieces of the engines' output; as `progress`."""
    attempt = _attempt(submission_id, user)
    rows = LogChunk.objects.filter(attempt=attempt, seq__gt=after).order_by("seq")
    return _stream(attempt, after, list(rows.values("seq", "text")[:limit]), limit)


def item_rows(
    submission_id: str, protocol: str, task: str, user: Any, start: int, limit: int
) -> tuple[str, list[str]]:
    """The digest of the items file and some of its rows, each as JSON.

    `ObjectDoesNotExist` or `StorageError` where there is none.
    """
    file = items_file(submission_id, protocol, task, {}, user)
    return file.digest, list(islice(itemfiles.json_lines(file.digest), start, start + limit))


def _attempt(submission_id: str, user: Any) -> Attempt:
    rows = Attempt.objects.defer(*HEAVY)
    return rows.get(
        visible_through(user, "submission__"), submission_id=submission_id, current=True
    )


def _stream(attempt: Attempt, after: int, results: list[Json], limit: int) -> Stream:
    whole = len(results) < limit and stages.STAGES[attempt.stage].terminal
    last = results[-1]["seq"] if results else after
    return Stream(attempt.number, whole, last, tuple(results))
