"""The overall boards: all domains together, and all practice domains. Light."""

from __future__ import annotations

from typing import NamedTuple

from .domains import DOMAINS, Domain


class Overall(NamedTuple):
    """A board whose rows are lines: the same method in every domain."""

    key: str
    title: str
    sentence: str
    practice: bool

    @property
    def domains(self) -> tuple[Domain, ...]:
        """Whose boards it is made from, in column order."""
        return tuple(domain for domain in DOMAINS.values() if domain.practice == self.practice)

    @property
    def tasks(self) -> tuple[tuple[str, str], ...]:
        """(key, title) of each domain; "practice data" is said once above, not in each column."""
        return tuple((domain.key, domain.title.partition(",")[0]) for domain in self.domains)


OVERALLS: dict[str, Overall] = {
    board.key: board
    for board in (
        Overall(
            "overall",
            "Overall",
            "The same method on the same base model in every domain: how far above guessing it is "
            "on average.",
            practice=False,
        ),
        Overall(
            "overall-mini",
            "Overall, practice data",
            "The same method in every practice domain: how far above guessing it is on average.",
            practice=True,
        ),
    )
}


def subject_of(key: str) -> Domain | Overall | None:
    """What a board is about, or None where there is no such board."""
    return DOMAINS.get(key) or OVERALLS.get(key)


def overall_of(domain: str) -> str | None:
    """The overall board that a domain counts in; None for what is no domain."""
    found = DOMAINS.get(domain)
    return next(
        (board.key for board in OVERALLS.values() if found and board.practice == found.practice),
        None,
    )
