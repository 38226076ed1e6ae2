"""What a submission was scored under each version, and when its board changed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leaderboard import stages
from leaderboard.access import readable
from leaderboard.batch_records import Flip, History, Scored, Value
from leaderboard.models import AuditEvent, Batch, BatchItem, Score, Submission
from leaderboard.services.batches import OPEN
from leaderboard.services.choosing import in_order
from leaderboard.services.entries import Version, boards_of, version_of, version_shown

from .lists import as_percent

LEADING = "clean"
"""The protocol whose average stands for all where there is room for one."""


def history(submission_id: str, user: Any = None) -> History:
    """Nothing for a submission that `user` may not read. A fixed number of queries."""
    found = Submission.objects.filter(readable(user), pk=submission_id)
    submission = found.only("pk", "domain", "kind").first()
    if submission is None:
        return History()
    board = next(board for board in boards_of(submission.domain) if board.protocol == LEADING)
    shown = version_shown(board)
    scored = _scored(submission, shown)
    again = _again(submission)
    return History(
        scored=scored,
        flips=_flips(submission, scored),
        ahead=_ahead(submission, scored, shown),
        board_version=shown.evaluator,
        again=again.batch.evaluator_version if again else "",
        again_stage=stages.STAGES[again.attempt.stage].title if again and again.attempt else "",
    )


def _scored(submission: Submission, shown: Version) -> tuple[Scored, ...]:
    by_version: dict[Version, list[Score]] = {}
    for score in Score.objects.filter(submission=submission).order_by("-pk"):
        by_version.setdefault(version_of(score), []).append(score)
    return tuple(
        Scored(
            *version,
            values=tuple(sorted(_value(score) for score in scores)),
            created=scores[0].created,
            shown=version == shown,
        )
        for version, scores in by_version.items()
    )


def _value(score: Score) -> Value:
    return Value(
        score.protocol, as_percent(score.average), as_percent(score.low), as_percent(score.high)
    )


def _ahead(submission: Submission, scored: tuple[Scored, ...], shown: Version) -> str:
    """The newest evaluator that scored it, if its board is not there yet."""
    if not scored or submission.kind == "numbers" or not shown.evaluator:
        return ""
    newest = max((one.evaluator_version for one in scored), key=in_order)
    return newest if in_order(newest) > in_order(shown.evaluator) else ""


def _again(submission: Submission) -> BatchItem | None:
    """Its place in an open batch, while it has no new score."""
    items = BatchItem.objects.filter(submission=submission, batch__state__in=OPEN)
    waiting = items.exclude(attempt__stage="published")
    return waiting.select_related("batch", "attempt").first()


def _flips(submission: Submission, scored: tuple[Scored, ...]) -> tuple[Flip, ...]:
    """Those that changed what the board shows of this submission."""
    flipped = Batch.objects.filter(domain=submission.domain, state="flipped")
    keys = [str(key) for key in flipped.values_list("pk", flat=True)]
    events = AuditEvent.objects.filter(object_type="batch", object_id__in=keys, action="flip")
    made = [_flip(submission, event, scored) for event in events]
    return tuple(flip for flip in made if flip.left_out or flip.new is not None)


def _flip(submission: Submission, event: AuditEvent, scored: tuple[Scored, ...]) -> Flip:
    before, after = event.before or {}, event.after or {}
    known = [one for one in scored if one.created <= event.created]
    old, new = (side.get("versions", {}).get(LEADING, ["", ""]) for side in (before, after))
    return Flip(
        at=event.created,
        old_version=old[1],
        new_version=new[1],
        reason=event.reason,
        old=_average(known, Version(*old)),
        new=_average(known, Version(*new)),
        left_out=submission.pk in after.get("left_out", ()),
    )


def _average(scored: Sequence[Scored], version: Version) -> float | None:
    found = [one for one in scored if (one.suite_version, one.evaluator_version) == version]
    values = [value.average for one in found for value in one.values if value.protocol == LEADING]
    return values[0] if values else None
