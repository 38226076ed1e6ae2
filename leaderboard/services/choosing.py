"""Whom a re-evaluation is for: some, a whole board, or whatever an older evaluator scored."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db.models import QuerySet

from evaluators.suites import EVALUATOR_VERSION, SUITES
from leaderboard.models import Score, Submission

from .entries import Version, boards_of, covered_by, version_shown
from .requeue import NotPossible


def target_of(domain: str) -> Version:
    """The versions that an evaluation of now scores with."""
    if domain not in SUITES:
        raise NotPossible(f"{domain!r} has no suite; {', '.join(sorted(SUITES))} have one.")
    return Version(SUITES[domain].version_with(settings.EVALUATION_LIMIT), EVALUATOR_VERSION)


def named(domain: str, ids: Sequence[str]) -> list[Submission]:
    """The submissions of these ids; an unknown one refuses them all."""
    found = list(_of(domain).filter(pk__in=ids))
    if missing := sorted(set(ids) - {submission.pk for submission in found}):
        raise NotPossible(f"There is no submission {', '.join(missing)} on the board of {domain}.")
    return found


def on_board(domain: str) -> list[Submission]:
    """Everything that the domain's boards show, controls too."""
    boards = boards_of(domain)
    shown = set().union(*(covered_by(board, version_shown(board)) for board in boards))
    return list(_of(domain).filter(pk__in=shown).exclude(kind="numbers"))


def older_than(domain: str, version: str) -> list[Submission]:
    """Whose newest evaluator is an older one than `version`, private ones too."""
    newest: dict[str, tuple[int, ...]] = {}
    rows = Score.objects.filter(suite=domain).values_list("submission_id", "evaluator_version")
    for submission_id, found in rows.distinct().order_by():
        newest[submission_id] = max(newest.get(submission_id, ()), in_order(found))
    older = [key for key, found in newest.items() if found < in_order(version)]
    return list(_of(domain).filter(pk__in=older).exclude(kind="numbers"))


def in_order(version: str) -> tuple[int, ...]:
    """A version so that it compares: 2 < 10, 1.9 < 1.10; words and what is no version count as
    nothing."""
    parts = version.split(".")
    return tuple(int(part) if part.isdecimal() and len(part) < 10 else 0 for part in parts)


def _of(domain: str) -> QuerySet[Submission]:
    return Submission.objects.filter(domain=domain, withdrawn_at=None).order_by("created", "pk")
