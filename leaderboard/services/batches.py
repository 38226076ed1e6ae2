"""Re-evaluation: new scores beside the old ones, and one step that changes what a board shows.

    start    new attempts from what was stored, under the present evaluator version
    retry    one more attempt for a member whose attempt came to nothing
    flip     the board shows the new version: both protocols and the event in one transaction
    drop     the board stays; scores that were made stay in the history

New submissions that are handed in meanwhile are scored by the new version and join at the flip.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from leaderboard import stages
from leaderboard.models import PROTOCOLS, Batch, BatchItem, Board, Score, Submission
from leaderboard.overall import overall_of

from . import audit
from .boards import build, mark_dirty, rebuild_board
from .cancel import end
from .choosing import target_of
from .comparing import read_ahead
from .entries import Version, boards_of, covered_by, version_shown
from .reasons import reason_of
from .requeue import NotPossible, reevaluate, show_published

OPEN = ("running", "ready")


class Started(NamedTuple):
    """A batch, and what became of those who were chosen for it."""

    batch: Batch
    queued: int
    scored: int
    """Chosen, but they have a score of this version already."""
    refused: tuple[str, ...]
    """Why others cannot be evaluated again, a sentence each."""


def start(actor: Any, domain: str, chosen: Iterable[Submission], reason: str) -> Started:
    """Evaluate submissions of one board again; those of an open batch of this version join it."""
    reason, version = reason_of(reason), target_of(domain)
    for protocol in PROTOCOLS:  # a board that waits to be built would be of the new version
        rebuild_board(domain, protocol)
    with transaction.atomic():
        batch = _open(domain, version, actor, reason)
        queued, scored, refused = 0, 0, []
        done = _scored(domain, version)
        for submission in chosen:
            if submission.pk in done:
                scored += 1
            elif trouble := _add(batch, submission):
                refused.append(trouble)
            else:
                queued += 1
        if not queued and not scored:
            raise NotPossible(" ".join(refused) or "Nothing was chosen that could be evaluated.")
        _reopen(batch, queued)
        made = {"queued": queued, "scored already": scored, "refused": len(refused)}
        audit.note(actor, "start", batch, None, {"evaluator": version.evaluator, **made}, reason)
    return Started(batch, queued, scored, tuple(refused))


def retry(actor: Any, batch: Batch, submission_id: str, reason: str) -> None:
    """One more attempt for a member that failed or was cancelled."""
    reason = reason_of(reason)
    with transaction.atomic():
        batch = _locked(batch)
        item = batch.items.filter(submission_id=submission_id)
        member = item.select_related("submission", "attempt").first()
        if member is None:
            raise NotPossible(f"{submission_id} is not a member of this batch.")
        if member.attempt and member.attempt.stage == "published":
            raise NotPossible(f"{member.submission} has its new scores; nothing is to be retried.")
        item.update(attempt=reevaluate(member.submission))
        _reopen(batch, 1)
        audit.note(actor, "retry", batch, None, {"submission": submission_id}, reason)


def flip(actor: Any, batch: Batch, reason: str, left_out: Collection[str] = ()) -> None:
    """Show the new version. Refused while a member is under way, or while an entry that the
    board shows has no new score and is not named in `left_out`."""
    reason = reason_of(reason)
    for protocol in PROTOCOLS:
        read_ahead([batch.domain], protocol)
    with transaction.atomic():
        # 1. alone with the batch and its boards
        batch = _locked(batch)
        boards = _locked_boards(batch.domain)
        # 2. nobody is lost who is not meant to be
        _refuse_live(batch)
        gone = vanishing(batch)
        _refuse_lost(gone - set(left_out))
        # 3. the new rows in place of the old ones
        before = {board.protocol: list(version_shown(board)) for board in boards}
        for board in boards:
            build(board, version_of(batch))
            if overall := overall_of(batch.domain):
                mark_dirty(overall, board.protocol)
        # 4. who did it, and why
        _close(batch, "flipped")
        after = {protocol: list(version_of(batch)) for protocol in before}
        audit.note(
            actor, "flip", batch, {"versions": before},
            {"versions": after, "left_out": sorted(gone)}, reason,
        )  # fmt: skip


def drop(actor: Any, batch: Batch, reason: str) -> None:
    """Give a batch up; whatever is under way is ended."""
    reason = reason_of(reason)
    with transaction.atomic():
        batch = _locked(batch)
        for item in batch.items.select_related("attempt").filter(attempt__stage__in=stages.LIVE):
            end(item.attempt)
        _close(batch, "dropped")
        audit.note(actor, "drop", batch, None, None, reason)


def settle() -> None:
    """Batches whose members have all ended are ready to be looked at."""
    live = BatchItem.objects.filter(attempt__stage__in=stages.LIVE).values("batch")
    Batch.objects.filter(state="running").exclude(pk__in=live).update(state="ready")


def vanishing(batch: Batch) -> set[str]:
    """Submissions that a board of the domain shows and would not show after the flip."""
    gone: set[str] = set()
    for board in boards_of(batch.domain):
        shown = covered_by(board, version_shown(board))
        gone |= shown - covered_by(board, version_of(batch))
    return gone


def version_of(batch: Batch) -> Version:
    """What the batch evaluates with."""
    return Version(batch.suite_version, batch.evaluator_version)


def _open(domain: str, version: Version, actor: Any, reason: str) -> Batch:
    found = Batch.objects.select_for_update().filter(domain=domain, state__in=OPEN).first()
    if found is None:
        return Batch.objects.create(
            domain=domain,
            suite_version=version.suite,
            evaluator_version=version.evaluator,
            reason=reason,
            created_by=actor,
        )
    if version_of(found) != version:
        raise NotPossible(
            f"Batch {found.pk} of {domain} is open for evaluator {found.evaluator_version}; flip "
            f"or drop it before one for evaluator {version.evaluator} begins."
        )
    return found


def _add(batch: Batch, submission: Submission) -> str:
    """Why it cannot be a member; empty when it became one."""
    if submission.domain != batch.domain or submission.withdrawn_at:
        return f"{submission} is not an entry of {batch.domain}."
    try:
        attempt = reevaluate(submission)
    except NotPossible as error:
        return str(error)
    BatchItem.objects.update_or_create(
        batch=batch, submission=submission, defaults={"attempt": attempt}
    )
    return ""


def _scored(domain: str, version: Version) -> set[str]:
    """Submissions that have a score of the version."""
    scores = Score.objects.filter(
        suite=domain, suite_version=version.suite, evaluator_version=version.evaluator
    )
    return set(scores.values_list("submission_id", flat=True))


def _reopen(batch: Batch, queued: int) -> None:
    batch.state = "running" if queued else batch.state
    batch.save(update_fields=["state"])


def _locked(batch: Batch) -> Batch:
    found = Batch.objects.select_for_update().get(pk=batch.pk)
    if found.state not in OPEN:
        raise NotPossible(f"Batch {found.pk} is {found.state}; nothing can be done with it.")
    return found


def _locked_boards(domain: str) -> list[Board]:
    for protocol in PROTOCOLS:
        Board.objects.get_or_create(domain=domain, protocol=protocol)
    return list(Board.objects.select_for_update().filter(domain=domain).order_by("protocol"))


def _refuse_live(batch: Batch) -> None:
    live = batch.items.filter(attempt__stage__in=stages.LIVE).count()
    if live:
        raise NotPossible(f"{live} of the batch are still being evaluated; wait or cancel them.")


def _refuse_lost(lost: set[str]) -> None:
    if not lost:
        return
    names = [str(one) for one in Submission.objects.filter(pk__in=lost).order_by("name")[:10]]
    more = ", ..." if len(lost) > len(names) else ""
    raise NotPossible(
        f"{len(lost)} of the board would vanish for want of a new score: {', '.join(names)}{more}. "
        "Retry them, or leave them out by name."
    )


def _close(batch: Batch, state: str) -> None:
    batch.state, batch.ended_at = state, timezone.now()
    batch.save(update_fields=["state", "ended_at"])
    for item in batch.items.exclude(attempt__stage="published").select_related("submission"):
        show_published(item.submission)
