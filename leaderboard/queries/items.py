"""The items behind a score: a page of them, one of them, and the file itself.

Three database queries each, however many items there are; everything else is in the stored file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from leaderboard import itemfiles, questions, sifting, storage, weighing
from leaderboard.item_records import (
    Head,
    ItemPage,
    ItemsPage,
    Line,
    Place,
    Sample,
    Shown,
    Text,
)
from leaderboard.models import TaskScore
from leaderboard.sifting import Asked, Sifted

from .scored import head_of

PAGE_CHARACTERS = 60_000
"""Shown of a prompt; samples share as many."""
LEAST_CHARACTERS = 2_000
ANSWER_CHARACTERS = 120

LOST = "The file with the answers is missing or damaged; the score was computed from it."

Values = Mapping[str, str]


class ItemsFile(NamedTuple):
    """A stored file to hand out."""

    digest: str
    name: str
    """Without an ending."""
    pinned: bool
    """Whether the address can never lead to another file."""
    public: bool
    """Whether anybody may have it."""


def items_page(
    submission_id: str, protocol: str, task: str, values: Values, user: Any = None
) -> ItemsPage:
    """One page of a task's items; `ObjectDoesNotExist` for what is unknown to `user`."""
    asked = sifting.read(values)
    head = head_of(submission_id, protocol, task, asked, user)
    sheet, nothing = _sheet(head)
    sifted = sifting.sift(sheet.lines, asked, sheet.texts)
    asked, found = sifted.asked, len(sifted.lines)
    pages = max(1, -(-found // sifting.PAGE))
    page = min(asked.page, pages)
    start = (page - 1) * sifting.PAGE
    rows = [_shown(sheet, line) for line in sifted.lines[start : start + sifting.PAGE]]
    return ItemsPage(
        head=head._replace(nothing=nothing),
        program=any(line.reasons for line in sheet.lines),
        total=len(sheet.lines),
        found=found,
        first=start + 1 if rows else 0,
        rows=tuple(rows),
        shows=sifted.shows,
        groups=sifted.groups,
        reasons=sifted.reasons,
        search=asked.search,
        hidden=_carried(asked),
        whole=asked.version.query(),
        query=asked.query(page=1),
        previous=Place("Earlier", asked.query(page=page - 1)) if page > 1 else None,
        next=Place("Later", asked.query(page=page + 1)) if page < pages else None,
    )


def item_page(
    submission_id: str, protocol: str, task: str, item_id: str, values: Values, user: Any = None
) -> ItemPage:
    """One item and its neighbours in the list it was opened from."""
    asked = sifting.read(values)
    head = head_of(submission_id, protocol, task, asked, user)
    sheet, line = _found(head, item_id)
    rows = itemfiles.samples(head.digest, line)
    sifted = sifting.sift(sheet.lines, asked, sheet.texts)
    before, at, after = _around(sifted, line)
    first, asked = rows[0], sifted.asked
    return ItemPage(
        head=head,
        line=line,
        prompt=_cut(first["prompt"]),
        prompt_sha256=first.get("prompt_sha256") or "",
        echo=_perhaps(first.get("echo"), PAGE_CHARACTERS),
        gold=_cut(first["gold"]),
        program=bool(line.reasons),
        samples=tuple(_sample(row, number, len(rows)) for number, row in enumerate(rows)),
        weights=weighing.weights(first),
        per_character=weighing.by_character(first),
        narrowed=asked.narrowed,
        nth=at + 1 if at is not None else 0,
        found=len(sifted.lines),
        previous=_place(before, asked),
        next=_place(after, asked),
        back=asked.query(page=1 + (at or 0) // sifting.PAGE),
    )


def item_text(
    submission_id: str,
    protocol: str,
    task: str,
    item_id: str,
    part: str,
    values: Values,
    user: Any = None,
) -> str:
    """One text, whole: an item's prompt, echo or gold, or a sample's output, answer or stdout."""
    head = head_of(submission_id, protocol, task, sifting.read(values), user)
    _, line = _found(head, item_id)
    rows = itemfiles.samples(head.digest, line)
    sample = values.get("sample", "0")
    number = int(sample) if sample.isdecimal() and len(sample) < 7 else 0
    if number >= len(rows) or not isinstance(text := rows[number].get(part), str):
        raise TaskScore.DoesNotExist(f"{item_id} has no such text.")
    return text


def items_file(
    submission_id: str, protocol: str, task: str, values: Values, user: Any = None
) -> ItemsFile:
    """The file itself; `ObjectDoesNotExist` where there is none."""
    asked = sifting.read(values)
    head = head_of(submission_id, protocol, task, asked, user)
    if not head.digest:
        raise TaskScore.DoesNotExist(head.nothing)
    name = f"{submission_id}-{protocol}-{task}"
    return ItemsFile(head.digest, name, bool(asked.evaluator and asked.suite), head.public)


def _sheet(head: Head) -> tuple[itemfiles.Sheet, str]:
    """The items, or why there are none."""
    if not head.digest:
        return itemfiles.EMPTY, head.nothing
    try:
        return itemfiles.sheet(head.digest), ""
    except storage.StorageError:
        return itemfiles.EMPTY, LOST


def _found(head: Head, item_id: str) -> tuple[itemfiles.Sheet, Line]:
    """An item and those around it; a file that is lost has none."""
    sheet, _ = _sheet(head)
    for line in sheet.lines:
        if line.item_id == item_id:
            return sheet, line
    raise TaskScore.DoesNotExist(f"There is no item called {item_id}.")


def _carried(asked: Asked) -> tuple[tuple[str, str], ...]:
    """What stays when somebody searches: the kind of answers, and the score's version."""
    kept = {"show": asked.show, "evaluator": asked.evaluator, "suite": asked.suite}
    return tuple((name, value) for name, value in kept.items() if value)


def _shown(sheet: itemfiles.Sheet, line: Line) -> Shown:
    row = line.rows[0]
    answer = sheet.cell("answer", row)
    return Shown(
        line=line,
        question=questions.beginning(sheet.cell("prompt", row)),
        answer=None if answer is None else questions.one_line(answer, ANSWER_CHARACTERS),
        gold=questions.one_line(sheet.cell("gold", row), ANSWER_CHARACTERS),
    )


def _sample(row: dict[str, Any], number: int, of: int) -> Sample:
    room = max(LEAST_CHARACTERS, PAGE_CHARACTERS // of)
    return Sample(
        number=number,
        output=_cut(row["output"], room),
        answer=_perhaps(row.get("answer"), room),
        right=row["correct"],
        in_form=row["compliant"],
        reason=row["reason"],
        stdout=_perhaps(row["stdout"], room),
        seconds=row["seconds"],
    )


def _cut(text: str, room: int = PAGE_CHARACTERS) -> Text:
    return Text(text[:room], max(0, len(text) - room))


def _perhaps(text: str | None, room: int) -> Text | None:
    return None if text is None else _cut(text, room)


def _around(sifted: Sifted, line: Line) -> tuple[Line | None, int | None, Line | None]:
    """The item before, the item's own place in the list (None outside of it), the item after."""
    before = [other for other in sifted.lines if other.place < line.place]
    at = len(before)
    inside = at < len(sifted.lines) and sifted.lines[at].place == line.place
    rest = sifted.lines[at + inside :]
    return (
        before[-1] if before else None,
        at if inside else None,
        rest[0] if rest else None,
    )


def _place(line: Line | None, asked: Asked) -> Place | None:
    return None if line is None else Place(line.item_id, asked.query(page=1))
