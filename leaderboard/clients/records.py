"""What the reads about a run's clients answer: frozen records, shown as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ..charts import Curve
from .holdings import Holdings
from .profiles import Round, Turn
from .run_charts import Guesses, Lanes
from .sums import Figures, Total

DEFAULT_SORT = "seconds"
POLICIES = {
    "round-robin": "dealt out to the workers in turn",
    "by-size": "dealt out by size, the largest first",
    "learned": "dealt out by predicted time, the longest first",
}


class Asked(NamedTuple):
    """What an address asks for; "" where it leaves something open."""

    round: str = ""
    sort: str = ""
    page: int = 1

    def query(self, **changes: Any) -> str:
        """The address's end that asks for this with some changes: "" or "?..."."""
        plain = self._replace(**changes)._asdict()
        said = {key: value for key, value in plain.items() if value and (key, value) != ("page", 1)}
        return f"?{urlencode(said)}" if said else ""


def read(values: Mapping[str, str]) -> Asked:
    """From an address; what makes no sense is as if it were not there."""
    page = values.get("page", "")
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    return Asked(values.get("round", "")[:20], values.get("sort", "")[:20], max(1, number))


class Choice(NamedTuple):
    """A round that can be shown."""

    key: str
    title: str
    chosen: bool


class Link(NamedTuple):
    """Somewhere to go."""

    title: str
    query: str


class Head(NamedTuple):
    """A sortable column."""

    title: str
    hint: str
    chosen: bool
    query: str


class Sheet(NamedTuple):
    """One page of the clients, in the order that was asked for."""

    heads: tuple[Head, ...]
    ascending: bool
    """Whether the chosen column is."""
    rows: tuple[Total, ...]
    first: int
    of: int
    gpu: bool
    """Whether any client had memory on a GPU."""
    previous: Link | None
    next: Link | None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


class RoundLine(NamedTuple):
    """One round's numbers in the table."""

    round: Round
    figures: Figures


class Shown(NamedTuple):
    """The round that is shown."""

    round: Round
    figures: Figures
    lanes: Lanes | None
    turns: tuple[Turn, ...]
    """As many as the table has room for, the longest first."""
    choices: tuple[Choice, ...]
    previous: Link | None
    next: Link | None

    @property
    def policy(self) -> str:
        """How the clients came to their workers, in words."""
        return POLICIES.get(self.round.policy, self.round.policy)


class Ran(NamedTuple):
    """How the clients ran."""

    problems: tuple[str, ...]
    figures: Figures
    shown: Shown | None
    lines: tuple[RoundLine, ...]
    """As many as the table has room for, the last ones."""
    guesses: Guesses | None
    tightness: Curve | None
    sheet: Sheet | None
    asked: Asked


class ClientsPage(NamedTuple):
    """Everything a run's page shows of its clients; both parts are None where nothing was kept."""

    submission_id: str
    awaited: bool
    """Whether training goes on, so that there may be more later."""
    ran: Ran | None
    holdings: Holdings | None


class Kept(NamedTuple):
    """A stored file to hand out."""

    digest: str
    name: str
    """Without an ending."""
    public: bool
    """Whether anybody may have it."""
