"""Bring in a result that was published elsewhere, once."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from federated.reading import Problem
from leaderboard.models import QuotaLimit, Submission
from leaderboard.uploads import Declared

from .hand_in import Refused, check, hand_in

State = Literal["new", "there", "changed", "refused"]

NO_DAILY_LIMIT = 10**9


class Brought(NamedTuple):
    """What became of one result; `submission` is "" where there is none yet."""

    state: State
    submission: str = ""
    remarks: tuple[Problem, ...] = ()
    """Verdicts of the checks, or why it was refused."""


def bring_in(owner: Any, declared: Declared, dry: bool = False) -> Brought:
    """Hand a reported result in unless it is there; nothing is written in a dry run.

    A source that now says other numbers changes nothing: what stands is withdrawn by a person.
    """
    said = declared.said()
    earlier = list(_earlier(owner, declared))
    for row in earlier:
        if row.declared == said:
            return Brought("there", row.pk)
    if earlier:
        return Brought("changed", earlier[0].pk)
    found = check(owner, None, "", declared).found
    if found.problems:
        return Brought("refused", remarks=found.problems)
    if dry:
        return Brought("new", remarks=found.warnings)
    try:
        return Brought("new", hand_in(owner, None, "", declared).pk, found.warnings)
    except Refused as refused:
        return Brought("refused", remarks=refused.problems)


def lift_daily_limit(owner: Any) -> None:
    """An account that nobody can sign in to may own any number of imported results."""
    QuotaLimit.objects.get_or_create(
        user=owner,
        what="submissions",
        defaults={"limit": NO_DAILY_LIMIT, "reason": "Owns results imported by the operators."},
    )


def _earlier(owner: Any, declared: Declared) -> Any:
    """Rows of the same entry of the same source, whatever their numbers."""
    return Submission.objects.filter(
        owner=owner,
        kind="numbers",
        withdrawn_at=None,
        name=declared.name,
        domain=declared.domain,
        description=declared.description,
    )
