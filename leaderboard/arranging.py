"""How a reader may arrange a board: another order, only some entries. Pure; ranks stay as they are.

All of it is in the address, so that a link shows the same view to somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlencode

from .records import BoardPage, BoardRow

Order = Literal["ascending", "descending"]
Value = Callable[[BoardRow], float | None]

OPPOSITE: dict[Order, Order] = {"ascending": "descending", "descending": "ascending"}


class Column(NamedTuple):
    """A column of numbers. `first` is the order that shows the best ones first."""

    key: str
    title: str
    hint: str
    value: Value
    first: Order
    kind: str = "cost"


class Header(NamedTuple):
    """A column's head: what it says, how it is sorted now, where a click leads."""

    column: Column
    order: Order | None
    address: str


class View(NamedTuple):
    """An arranged board."""

    entries: tuple[BoardRow, ...]
    average: Header
    tasks: tuple[Header, ...]
    beside: Header
    """Another way to put the tasks together."""
    costs: tuple[Header, ...]
    search: str
    sort: str
    order: Order | None
    changed: bool
    """Whether order or choice differ from the board's own."""


AVERAGE = Column(
    "average", "Average, %", "Mean of the tests", lambda row: row.average, "descending", "average"
)
CORRECTED = Column(
    "corrected",
    "Above chance, %",
    "Mean of the tests with guessing taken out: 0 is guessing, 100 is perfect",
    lambda row: row.corrected,
    "descending",
    "beside",
)
OVERALL = AVERAGE._replace(
    title="Above chance, %",
    hint="Mean of the domains with guessing taken out: 0 is guessing, 100 is perfect",
)
BORDA = Column(
    "borda",
    "Borda points",
    "In each domain one for every line that this one beats, half a one for a tie",
    lambda row: row.borda,
    "descending",
    "beside",
)
COSTS = (
    Column(
        "exchanged",
        "Exchanged, GB",
        "All messages, both ways",
        lambda row: row.gigabytes,
        "ascending",
        "cost sent",
    ),
    Column(
        "trained",
        "Trained, M",
        "Weights a client trains, in millions",
        lambda row: row.trained_millions,
        "ascending",
    ),
    Column(
        "memory",
        "Memory, GB",
        "Most memory that the training needed",
        lambda row: row.memory_gigabytes,
        "ascending",
    ),
    Column("time", "Time, min", "Length of the training", lambda row: row.seconds, "ascending"),
)


def arrange(board: BoardPage, asked: Mapping[str, str]) -> View:
    """The entries that were asked for, in the order that was asked for; nonsense is ignored."""
    tasks = tuple(_task_column(key, title, board.overall) for key, title in board.task_titles)
    main, beside = (OVERALL, BORDA) if board.overall else (AVERAGE, CORRECTED)
    columns = {column.key: column for column in (main, *tasks, beside, *COSTS)}
    chosen = columns.get(asked.get("sort", ""))
    order = _order(chosen, asked.get("order", ""))
    search = asked.get("search", "").strip()
    kept = [row for row in board.entries if matches(row, search)]
    kept = _sorted(kept, chosen.value, order) if chosen and order else kept

    def header(column: Column) -> Header:
        now = order if column is chosen else None
        return Header(column, now, _address(board, column, now, search))

    average = header(main)
    return View(
        entries=tuple(kept),
        average=average if chosen else average._replace(order="descending"),
        tasks=tuple(map(header, tasks)),
        beside=header(beside),
        costs=tuple(map(header, COSTS)),
        search=search,
        sort=chosen.key if chosen else "",
        order=order,
        changed=bool(chosen or search),
    )


def matches(row: BoardRow, search: str) -> bool:
    """Whether every word stands somewhere in the entry's name, model, method, owner or trust."""
    text = " ".join((row.name, row.base_model, row.method_title, row.owner, row.trust)).casefold()
    return all(word in text for word in search.casefold().split())


def _task_column(key: str, title: str, overall: bool) -> Column:
    def accuracy(row: BoardRow) -> float | None:
        return next((task.accuracy for task in row.tasks if task.key == key), None)

    hint = f"{title}, above chance, %" if overall else f"Right answers in {title}, %"
    return Column(key, title, hint, accuracy, "descending", "task")


def _order(column: Column | None, asked: str) -> Order | None:
    if column is None:
        return None
    return asked if asked in OPPOSITE else column.first  # type: ignore[return-value]


def _sorted(rows: Sequence[BoardRow], value: Value, order: Order) -> list[BoardRow]:
    """Missing values come last both ways; equal ones stay in the board's order."""
    known = [(value(row), row) for row in rows]
    present = [(found, row) for found, row in known if found is not None]
    sign = 1 if order == "ascending" else -1
    present.sort(key=lambda pair: sign * pair[0])
    return [row for _, row in present] + [row for found, row in known if found is None]


def _address(board: BoardPage, column: Column, now: Order | None, search: str) -> str:
    """Best first, then the other way round, then the board's own order again."""
    asked = {"protocol": board.protocol, "search": search}
    if now is None:
        asked["sort"] = column.key
    elif now == column.first:
        asked |= {"sort": column.key, "order": OPPOSITE[now]}
    return "?" + urlencode({key: value for key, value in asked.items() if value})
