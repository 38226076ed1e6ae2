"""Boards and the landing page, from rows that were built ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from django.db.models import F, QuerySet

from leaderboard import stages
from leaderboard.access import visible_through
from leaderboard.domains import DOMAINS, Domain
from leaderboard.models import Attempt, Board, BoardEntry
from leaderboard.overall import OVERALLS, Overall, subject_of
from leaderboard.records import BoardPage, BoardRow, DomainCard, Protocol, TaskCell

DEFAULT: Protocol = "clean"
PLAIN = tuple(field for field in BoardRow._fields if field != "tasks")


def board(domain: str, protocol: Protocol = DEFAULT) -> BoardPage:
    """One board; empty, not missing, when nothing has been published yet. Three queries.

    `KeyError` where no board has that name.
    """
    about = subject_of(domain)
    if about is None:
        raise KeyError(domain)
    entries = list(_public().filter(board__domain=domain, board__protocol=protocol))
    built = entries[0].board if entries else _unseen(domain, protocol)
    rows = [row(entry) for entry in entries]
    return BoardPage(
        domain=domain,
        title=about.title,
        sentence=about.sentence,
        practice=about.practice,
        overall=isinstance(about, Overall),
        protocol=protocol,
        protocols=get_args(Protocol),
        task_titles=about.tasks,
        entries=tuple(row for row in rows if not row.is_control),
        controls=tuple(row for row in rows if row.is_control),
        axis=(built.axis_low, built.axis_high),
        items=built.items,
        pairs=built.pairs,
        paired=built.paired,
        suite_version=built.suite_version,
        evaluator_version=built.evaluator_version,
        sequence=built.sequence,
        built_at=built.built_at,
        running=_running(about),
    )


def landing() -> list[DomainCard]:
    """Every domain with its leader. Two queries."""
    return _cards(DOMAINS)


def overall_cards() -> list[DomainCard]:
    """The overall boards with their leaders. Two queries."""
    return _cards(OVERALLS)


def row(entry: BoardEntry) -> BoardRow:
    """An entry as pages show it; nothing is computed."""
    plain = {field: getattr(entry, field) for field in PLAIN}
    return BoardRow(**plain, tasks=tuple(TaskCell(**cell) for cell in entry.tasks))


def _public() -> QuerySet[BoardEntry]:
    """Boards are built of public entries; asked again here, for one that is withdrawn meanwhile.

    Board and entries come in one statement: a reader never sees half of a flip.
    """
    seen = BoardEntry.objects.filter(visible_through(None, "submission__"))
    return seen.select_related("board").annotate(flagged=F("submission__flagged_reason"))


def _unseen(domain: str, protocol: str) -> Board:
    """A board without entries."""
    found = Board.objects.filter(domain=domain, protocol=protocol).first()
    return found or Board(domain=domain, protocol=protocol)


def _cards(subjects: Mapping[str, Domain] | Mapping[str, Overall]) -> list[DomainCard]:
    boards = {
        board.domain: board
        for board in Board.objects.filter(protocol=DEFAULT, domain__in=list(subjects))
    }
    leaders: dict[str, BoardRow] = {}
    first = _public().filter(board__in=boards.values(), rank=1)
    for entry in first.order_by("position"):
        leaders.setdefault(entry.board.domain, row(entry))
    return [
        DomainCard(
            domain=key,
            title=about.title,
            sentence=about.sentence,
            practice=about.practice,
            entries=boards[key].ranked if key in boards else 0,
            leader=leaders.get(key),
            updated=boards[key].built_at if key in boards else None,
            overall=isinstance(about, Overall),
        )
        for key, about in subjects.items()
    ]


def _running(about: Domain | Overall) -> int:
    domains = about.domains if isinstance(about, Overall) else (about,)
    return Attempt.objects.filter(
        visible_through(None, "submission__"),
        current=True,
        stage__in=stages.LIVE,
        submission__domain__in=[domain.key for domain in domains],
    ).count()
