"""Lines over all domains: one owner's submissions of the same name, method and base model.

A line's score is the mean of its domains' chance-corrected scores, so that a domain of yes-or-no
questions weighs no more than one of programs. Only a line that has them all is ranked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from leaderboard import ranking
from leaderboard.models import TRUST, Board, BoardEntry, Score
from leaderboard.overall import OVERALLS, Overall
from leaderboard.statistics import borda

from . import above_chance
from .above_chance import Estimate
from .entries import Rows, Version, percent, version_of

ADDED_UP = ("gigabytes", "seconds")
THE_MOST = ("trained_millions", "memory_gigabytes")


class Key(NamedTuple):
    """What the submissions of a line share."""

    owner: str
    name: str
    method: str
    base_model: str


class Part(NamedTuple):
    """A line's entry in one domain, with its score."""

    entry: BoardEntry
    score: Score


Parts = Mapping[str, Part]
"""By domain."""


def overall_rows(board: Board) -> Rows:
    """One row a line; four queries."""
    overall = OVERALLS[board.domain]
    lines = _lines(_entries(overall, board.protocol))
    entries = [_line(board, overall, parts) for parts in lines]
    _give_points([entry for entry in entries if entry.average is not None])
    scores = {
        entry.submission_id: [part.score for part in parts.values()]
        for entry, parts in zip(entries, lines, strict=True)
    }
    evaluators = {part.score.evaluator_version for parts in lines for part in parts.values()}
    return Rows(entries, scores, "", ", ".join(sorted(evaluators)))


def _entries(overall: Overall, protocol: str) -> list[Part]:
    """Every entry of the domains' boards in column order, with the score it shows."""
    keys = [domain.key for domain in overall.domains]
    boards = {
        board.domain: board for board in Board.objects.filter(domain__in=keys, protocol=protocol)
    }
    scores = Score.objects.filter(suite__in=keys, protocol=protocol).prefetch_related("tasks")
    by_version = {(score.submission_id, version_of(score)): score for score in scores}
    found = BoardEntry.objects.filter(board__in=boards.values()).select_related("board")
    parts = [
        Part(entry, by_version[entry.submission_id, _version_shown(entry.board)])
        for entry in found
        if (entry.submission_id, _version_shown(entry.board)) in by_version
    ]
    return sorted(parts, key=lambda part: keys.index(part.entry.board.domain))


def _version_shown(board: Board) -> Version:
    return Version(board.suite_version, board.evaluator_version)


def _lines(parts: Sequence[Part]) -> list[dict[str, Part]]:
    """The parts of each line: in each domain the best, of equals the newest."""
    lines: dict[Key, dict[str, Part]] = {}
    for part in parts:
        entry = part.entry
        line = lines.setdefault(Key(entry.owner, entry.name, entry.method, entry.base_model), {})
        domain = entry.board.domain
        line[domain] = max((part, line.get(domain, part)), key=_merit)
    return list(lines.values())


def _merit(part: Part) -> tuple[float, Any]:
    average = part.entry.average
    return (-math.inf if average is None else average, part.entry.submitted_at)


def _line(board: Board, overall: Overall, parts: Parts) -> BoardEntry:
    entries = [part.entry for part in parts.values()]
    first, missing = entries[0], _missing(overall, parts)
    return BoardEntry(
        board=board,
        submission_id=first.submission_id,
        name=first.name,
        owner=first.owner,
        method=first.method,
        method_title=first.method_title,
        base_model=first.base_model,
        trust=max((entry.trust for entry in entries), key=TRUST.index),
        is_control=first.is_control,
        unscored=missing,
        tasks=[_cell(key, title, parts.get(key)) for key, title in overall.tasks],
        submitted_at=max(entry.submitted_at for entry in entries),
        **({} if missing else _mean(parts)),
        **_costs(entries),
    )


def _missing(overall: Overall, parts: Parts) -> str:
    """Which domains a line lacks, in words; empty when it is complete."""
    names = [
        title
        for key, title in overall.tasks
        if key not in parts or parts[key].score.corrected is None
    ]
    if not names:
        return ""
    *others, last = names
    return f"{', '.join(others)} and {last} are missing" if others else f"{last} is missing"


def _mean(parts: Parts) -> dict[str, float | None]:
    """The mean over domains with its interval, as percent."""
    mean = above_chance.of_line([part.score for part in parts.values()])
    return {"average": percent(mean.value), **_percents(mean)}


def _cell(key: str, title: str, part: Part | None) -> dict[str, Any]:
    """A domain as a column: its chance-corrected score."""
    entry, score = part or (None, None)
    found = above_chance.of_domain(score) if score else None
    return {
        "key": key,
        "title": title,
        "n": sum(task.n for task in score.tasks.all()) if score else 0,
        "accuracy": percent(found.value) if found else None,
        **_percents(found),
        "compliance": None,
        "unscored": score.unscored if score else "Not submitted",
        "submission_id": entry.submission_id if entry else "",
    }


def _percents(found: Estimate | None) -> dict[str, float | None]:
    return {
        "low": percent(found.low) if found else None,
        "high": percent(found.high) if found else None,
        "corrected": percent(found.value) if found else None,
    }


def _costs(entries: Sequence[BoardEntry]) -> dict[str, float | None]:
    """Messages and time of all domains together, size and memory of the largest."""
    return {name: _over(sum, entries, name) for name in ADDED_UP} | {
        name: _over(max, entries, name) for name in THE_MOST
    }


def _over(how: Any, entries: Sequence[BoardEntry], name: str) -> float | None:
    """None when one domain does not say."""
    found = [getattr(entry, name) for entry in entries]
    return None if None in found else how(found)


def _give_points(entries: Sequence[BoardEntry]) -> None:
    """Borda's points among complete lines that rank; the others take none away."""
    ranked = [entry for entry in entries if ranking.may_rank(entry)]
    columns = zip(*([-cell["accuracy"] for cell in entry.tasks] for entry in ranked), strict=True)
    for entry, points in zip(ranked, borda(list(columns)), strict=False):
        entry.borda = points
