"""Which of a task's items a reader wants to see. Pure; all of it is in the address.

Beside each choice stands how many items it would leave, the other choices being as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from .item_records import Line, Option, titled

PAGE = 50
LONGEST_SEARCH = 200
SHOWS = {
    "": "All",
    "right": "Right",
    "partly": "Partly right",
    "wrong": "Wrong",
    "unparsed": "Not in form",
}


Profile = tuple[str, bool, str, tuple[str, ...]]
Counts = dict[str, Counter[str]]


class Asked(NamedTuple):
    """What an address asks for; "" where it leaves something open."""

    show: str = ""
    group: str = ""
    reason: str = ""
    search: str = ""
    page: int = 1
    evaluator: str = ""
    suite: str = ""

    def query(self, **changes: Any) -> str:
        """The address's end that asks for this with some changes: "" or "?..."."""
        plain = self._replace(**changes)._asdict()
        said = {key: value for key, value in plain.items() if value and (key, value) != ("page", 1)}
        return f"?{urlencode(said)}" if said else ""

    @property
    def version(self) -> Asked:
        """The same score with nothing left out."""
        return Asked(evaluator=self.evaluator, suite=self.suite)

    @property
    def narrowed(self) -> bool:
        """Whether some items may be left out."""
        return bool(self.show or self.group or self.reason or self.search)


class Sifted(NamedTuple):
    """The items that are left, and where other choices lead."""

    asked: Asked
    """Without what made no sense."""
    lines: tuple[Line, ...]
    shows: tuple[Option, ...]
    groups: tuple[Option, ...]
    reasons: tuple[Option, ...]


def read(values: Mapping[str, str]) -> Asked:
    """An address's wishes; what makes no sense is left open."""
    page, show = values.get("page", ""), values.get("show", "")
    return Asked(
        show=show if show in SHOWS else "",
        group=values.get("group", ""),
        reason=values.get("reason", ""),
        search=values.get("search", "").strip()[:LONGEST_SEARCH],
        page=int(page) if page.isdecimal() and len(page) < 7 and int(page) else 1,
        evaluator=values.get("evaluator", ""),
        suite=values.get("suite", ""),
    )


def sift(lines: Sequence[Line], asked: Asked, texts: Callable[[], Sequence[str]]) -> Sifted:
    """The items that fit. `texts` is only asked for a search: a text a row, in lower case."""
    groups, reasons = _each(line.group for line in lines), _each(_every_reason(lines))
    asked = asked._replace(
        group=asked.group if asked.group in groups else "",
        reason=asked.reason if asked.reason in reasons else "",
    )
    found = _finder(asked.search, texts)
    looked = [(line, _profile(line)) for line in lines if found(line)]
    counts, fitting = _count(Counter(profile for _, profile in looked), asked)
    partly = asked.show == "partly" or any(line.verdict == "partly" for line in lines)
    shows = {key: title for key, title in SHOWS.items() if key != "partly" or partly}
    return Sifted(
        asked=asked,
        lines=tuple(line for line, profile in looked if profile in fitting),
        shows=_options(asked, "show", shows, counts["show"]),
        groups=_options(asked, "group", {"": "Every group", **groups}, counts["group"]),
        reasons=_options(asked, "reason", {"": "Every outcome", **reasons}, counts["reason"]),
    )


def _profile(line: Line) -> Profile:
    """All that a filter looks at: thousands of items have few different ones."""
    return line.verdict, line.in_form, line.group, line.reasons


def _count(profiles: Counter[Profile], asked: Asked) -> tuple[Counts, set[Profile]]:
    """How many items each value of a facet would leave, and the profiles that fit as asked."""
    counts: Counts = {facet: Counter() for facet in ("show", "group", "reason")}
    fitting = set()
    for profile, number in profiles.items():
        kinds = _kinds(*profile)
        missed = [facet for facet in kinds if getattr(asked, facet) not in kinds[facet]]
        if not missed:
            fitting.add(profile)
        for facet in kinds:
            if missed in ([], [facet]):
                counts[facet].update(dict.fromkeys(kinds[facet], number))
    return counts, fitting


def _kinds(
    verdict: str, in_form: bool, group: str, reasons: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Every value of each facet under which an item is listed; "" lists them all."""
    show = ("", verdict) if in_form else ("", verdict, "unparsed")
    return {"show": show, "group": ("", group), "reason": ("", *reasons)}


def _every_reason(lines: Iterable[Line]) -> Iterator[str]:
    return (reason for line in lines for reason in line.reasons)


def _each(values: Iterable[str]) -> dict[str, str]:
    """What there is to choose from with its name for people, in the order of the alphabet."""
    return {value: titled(value) for value in sorted(set(values)) if value}


def _finder(search: str, texts: Callable[[], Sequence[str]]) -> Callable[[Line], bool]:
    """Whether every word stands somewhere in one of an item's answers or in its question."""
    words = search.casefold().split()
    if not words:
        return lambda line: True
    rows = texts()
    return lambda line: any(all(word in rows[row] for word in words) for row in line.rows)


def _options(
    asked: Asked, facet: str, titles: Mapping[str, str], counts: Mapping[str, int]
) -> tuple[Option, ...]:
    """The choices of one facet; none where there is nothing to choose."""
    if len(titles) < 2:
        return ()
    return tuple(
        Option(
            value=value,
            title=title,
            count=counts.get(value, 0),
            chosen=value == getattr(asked, facet),
            query=asked.query(**{facet: value, "page": 1}),
        )
        for value, title in titles.items()
    )
