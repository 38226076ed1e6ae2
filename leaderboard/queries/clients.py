"""A run's clients: how each ran, what each holds, and the files that tell it.

One database query each, however many rounds and clients; everything else is in the stored files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from leaderboard.access import visible_through
from leaderboard.clients import holdings, records, run_charts, sums
from leaderboard.clients.holdings import Holdings
from leaderboard.clients.partition import NOTHING
from leaderboard.clients.profiles import TRAIN, Profile, Round
from leaderboard.clients.records import (
    Asked,
    Choice,
    ClientsPage,
    Kept,
    Link,
    Ran,
    RoundLine,
    Shown,
)
from leaderboard.clients.sums import Summary
from leaderboard.models import Attempt
from leaderboard.storage import StorageError

from .client_sheet import sheet_of

MOST_CHOICES = 400
MOST_LINES = 400
MOST_TURNS = 200
AWAITED = ("waiting-training", "training")

LOST = "The file that tells this is missing or damaged."

Values = Mapping[str, str]
Field = Literal["profiles", "partition"]


def clients(submission_id: str, values: Values, user: Any = None) -> ClientsPage:
    """Both sections of a run's page; `ObjectDoesNotExist` for one that is unknown to `user`."""
    attempt = _attempt(submission_id, user)
    return ClientsPage(
        submission_id=submission_id,
        awaited=attempt.stage in AWAITED,
        ran=_ran(attempt.profiles, records.read(values)) if attempt.profiles else None,
        holdings=_holdings(attempt.partition) if attempt.partition else None,
    )


def clients_file(submission_id: str, field: Field, user: Any = None) -> Kept:
    """One of the two stored files; `ObjectDoesNotExist` where there is none."""
    attempt = _attempt(submission_id, user)
    digest, public = getattr(attempt, field), attempt.submission.visibility == "public"
    if not digest:
        raise Attempt.DoesNotExist(f"{submission_id} has no such file.")
    return Kept(digest, f"{submission_id}-{'clients' if field == 'profiles' else field}", public)


def _attempt(submission_id: str, user: Any) -> Attempt:
    wanted = Attempt.objects.select_related("submission").only(
        "stage", "profiles", "partition", "submission__visibility"
    )
    seen = wanted.filter(visible_through(user, "submission__"))
    return seen.get(submission_id=submission_id, current=True)


def _ran(digest: str, asked: Asked) -> Ran:
    try:
        found = sums.summary(digest)
    except StorageError:
        found = sums.summarise(Profile((), (LOST,)))
    rounds = found.profile.rounds
    chosen = _chosen(rounds, asked.round)
    lines = zip(rounds[-MOST_LINES:], found.by_round[-MOST_LINES:], strict=True)
    return Ran(
        problems=found.profile.problems,
        figures=found.figures,
        shown=_shown(found, chosen, asked) if chosen else None,
        lines=tuple(RoundLine(*line) for line in lines),
        guesses=run_charts.guesses(rounds, chosen) if chosen else None,
        tightness=run_charts.tightness(rounds, chosen.kind) if chosen else None,
        sheet=sheet_of(found.totals, asked),
        asked=asked,
    )


def _chosen(rounds: Sequence[Round], key: str) -> Round | None:
    """The round that was asked for, or the last one of training, or the last."""
    trained = [one for one in rounds if one.kind == TRAIN]
    last = (trained or list(rounds))[-1:]
    return next((one for one in rounds if one.key == key), last[0] if last else None)


def _shown(found: Summary, chosen: Round, asked: Asked) -> Shown:
    rounds = found.profile.rounds
    at = next(n for n, one in enumerate(rounds) if one is chosen)
    before, after = rounds[at - 1 : at] if at else (), rounds[at + 1 : at + 2]
    longest = sorted(chosen.turns, key=lambda turn: (-turn.seconds, turn.client))
    return Shown(
        round=chosen,
        figures=found.by_round[at],
        lanes=run_charts.lanes(chosen),
        turns=tuple(longest[:MOST_TURNS]),
        choices=_choices(rounds, at),
        previous=_link(before, asked),
        next=_link(after, asked),
    )


def _link(rounds: Sequence[Round], asked: Asked) -> Link | None:
    return Link(rounds[0].title, asked.query(round=rounds[0].key)) if rounds else None


def _choices(rounds: Sequence[Round], at: int) -> tuple[Choice, ...]:
    """Every round; of very many those around the chosen one, the first and the last."""
    start = max(0, min(at - MOST_CHOICES // 2, len(rounds) - MOST_CHOICES))
    near = range(start, min(start + MOST_CHOICES, len(rounds)))
    places = sorted({0, *near, len(rounds) - 1})
    return tuple(Choice(rounds[n].key, rounds[n].title, n == at) for n in places)


def _holdings(digest: str) -> Holdings:
    try:
        return holdings.read(digest)
    except StorageError:
        return holdings.hold(NOTHING._replace(problems=(LOST,)))
