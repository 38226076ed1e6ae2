"""The newest published entries, for feeds: what anybody may see and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import Min
from django.db.models.functions import Coalesce, Greatest

from leaderboard import access
from leaderboard.models import Score, Submission
from leaderboard.overall import OVERALLS
from leaderboard.records import Protocol

from .lists import as_percent, domain_title, method_title

PROTOCOL: Protocol = "clean"


class Told(NamedTuple):
    """One entry of a feed."""

    submission_id: str
    name: str
    owner: str
    domain: str
    domain_title: str
    method_title: str
    base_model: str
    trust: str
    average: float | None
    low: float | None
    high: float | None
    unscored: str
    published: datetime
    """When it was first scored and public."""
    updated: datetime
    """Of its newest score."""


def newest(domain: str | None = None, limit: int = 50) -> list[Told]:
    """Public entries with scores, newest first, of one board or of all. Two queries.

    Controls are no news, and a withdrawn entry is gone.
    """
    found = Submission.objects.filter(
        access.visible_through(None, ""), scores__protocol=PROTOCOL, is_control=False
    )
    if domain is not None:
        keys = [about.key for about in OVERALLS[domain].domains] if domain in OVERALLS else [domain]
        found = found.filter(domain__in=keys)
    public = Coalesce("published_at", "created")
    shown = found.select_related("owner").annotate(at=Greatest(Min("scores__created"), public))
    submissions = list(shown.order_by("-at", "pk")[:limit])
    scores = _scores(submissions)
    return [_told(submission, scores[submission.pk]) for submission in submissions]


def _scores(submissions: list[Submission]) -> dict[str, list[Score]]:
    """Of each submission oldest first."""
    by_submission: dict[str, list[Score]] = {found.pk: [] for found in submissions}
    rows = Score.objects.filter(submission__in=by_submission, protocol=PROTOCOL)
    for score in rows.order_by("created", "pk"):
        by_submission[score.submission_id].append(score)
    return by_submission


def _told(submission: Submission, scores: list[Score]) -> Told:
    first, last = scores[0], scores[-1]
    public = submission.published_at or submission.created
    return Told(
        submission_id=submission.pk,
        name=submission.name,
        owner=submission.owner.get_username(),
        domain=submission.domain,
        domain_title=domain_title(submission.domain),
        method_title=method_title(submission.method),
        base_model=submission.base_model,
        trust=submission.trust,
        average=as_percent(last.average),
        low=as_percent(last.low),
        high=as_percent(last.high),
        unscored=last.unscored,
        published=max(first.created, public),
        updated=max(last.created, public),
    )
