"""Which entries can be told apart: from stored scores and items to ranks with their range."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from leaderboard.item_results import KEPT, item_scores
from leaderboard.models import BoardEntry, Score, TaskScore
from leaderboard.statistics import MOST_COMPARED, Entrant, Stratum, rank_intervals
from leaderboard.storage import StorageError

from . import above_chance
from .entries import Rows


class Compared(NamedTuple):
    """How many pairs were tested, and how many of them on shared items."""

    pairs: int
    paired: int


def give_ranges(ranked: Sequence[BoardEntry], rows: Rows, overall: bool) -> Compared:
    """Set rank interval and group of the ranked entries, best first; nothing on a huge board, and
    nothing where nobody is to be compared with.
    """
    if not 2 <= len(ranked) <= MOST_COMPARED:
        return Compared(0, 0)
    prepare = overall_entrant if overall else domain_entrant
    found = rank_intervals([prepare(rows.scores[entry.submission_id]) for entry in ranked])
    for entry, place in zip(ranked, found.places, strict=True):
        entry.rank_low, entry.rank_high, entry.tier = place
    return Compared(found.pairs, found.paired)


def domain_entrant(scores: Sequence[Score]) -> Entrant:
    """An entry by the mean of its tasks' accuracies."""
    (score,) = scores
    tasks = list(score.tasks.all())
    strata = _strata([(task, 1 / len(tasks)) for task in tasks])
    return Entrant(score.average or 0.0, score.stderr, strata)


def overall_entrant(scores: Sequence[Score]) -> Entrant:
    """A line by the mean of its domains' chance-corrected scores."""
    mean = above_chance.of_line(scores)
    weighted = [
        (task, weight / len(scores))
        for score in scores
        for task, weight in above_chance.weights(score)
    ]
    return Entrant(mean.value, mean.stderr, _strata(weighted))


def read_ahead(domains: Sequence[str], protocol: str) -> None:
    """Bring new items files into memory, before a lock is taken that others wait for."""
    stored = TaskScore.objects.filter(
        score__suite__in=domains, score__protocol=protocol, score__submission__is_control=False
    ).exclude(items="")
    for digest in stored.order_by("-pk").values_list("items", flat=True)[:KEPT]:
        with suppress(StorageError):
            item_scores(digest)


def _strata(weighted: Sequence[tuple[TaskScore, float]]) -> tuple[Stratum, ...] | None:
    """Each task's item scores; None unless all of them can be read."""
    if any(not task.items for task, _ in weighted):
        return None
    try:
        return tuple(Stratum(*item_scores(task.items), weight) for task, weight in weighted)
    except StorageError:
        return None
