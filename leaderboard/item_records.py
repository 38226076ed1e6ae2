"""What the reads of single items answer: frozen records, shown as they are.

An item is one question of a task; where a model answers it several times, each answer is a sample.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from .questions import one_line
from .records import Protocol

Verdict = Literal["right", "wrong", "partly"]
"""Of all samples: every one right, none, or some."""


LONGEST_TITLE = 100


def titled(value: str) -> str:
    """A group or a reason for people: "abstract algebra"; never longer than a line or two."""
    return one_line(value[: 2 * LONGEST_TITLE].replace("_", " "), LONGEST_TITLE)


class Line(NamedTuple):
    """One item, as light as a list needs it; its texts stay in the file."""

    place: int
    """From 1, in the task's own order."""
    item_id: str
    group: str
    rows: tuple[int, ...]
    """The samples' places in the file."""
    right: int
    """Samples that are."""
    in_form: bool
    """Whether every sample has the form that was asked for."""
    reasons: tuple[str, ...]
    """Of programs: why the samples' verdicts are what they are, each once."""

    @property
    def samples(self) -> int:
        return len(self.rows)

    @property
    def group_title(self) -> str:
        """The group for people."""
        return titled(self.group)

    @property
    def outcome(self) -> str:
        """What came of its programs, for people."""
        return titled(", ".join(self.reasons))

    @property
    def verdict(self) -> Verdict:
        if self.right == self.samples:
            return "right"
        return "partly" if self.right else "wrong"


class Option(NamedTuple):
    """One way to narrow a list, and how many items it would leave."""

    value: str
    title: str
    count: int
    chosen: bool
    query: str
    """What to put behind the list's address: "" or "?..."."""


class Place(NamedTuple):
    """A page or an item nearby: its name, and where it is."""

    title: str
    query: str


class Shown(NamedTuple):
    """One row of the list."""

    line: Line
    question: str
    """Its beginning, on one line."""
    answer: str | None
    gold: str


class Text(NamedTuple):
    """A text that may be too long for a page."""

    text: str
    missing: int
    """Characters that were left out at the end."""


class Head(NamedTuple):
    """Whose items these are; common to the list, the item and the files."""

    submission_id: str
    name: str
    domain: str
    domain_title: str
    practice: bool
    protocol: Protocol
    protocols: tuple[Protocol, ...]
    """Those under which this task was scored."""
    task: str
    title: str
    tasks: tuple[tuple[str, str, int], ...]
    """(key, title, questions) of the score's tasks."""
    suite_version: str
    evaluator_version: str
    versions: tuple[Option, ...]
    """The evaluators that have scored the submission so, newest first."""
    digest: str
    """Of the stored file; "" where there is none."""
    nothing: str
    """Why there are no items; "" where there are some."""
    pin: str
    """A query that names this very score, for addresses that must never show another one."""
    public: bool
    """Whether anybody may see them."""


class ItemsPage(NamedTuple):
    """One task's items, narrowed as the reader asked, a page of them."""

    head: Head
    program: bool
    """Whether the answers are programs."""
    total: int
    found: int
    """How many the narrowing leaves."""
    first: int
    rows: tuple[Shown, ...]
    shows: tuple[Option, ...]
    groups: tuple[Option, ...]
    reasons: tuple[Option, ...]
    search: str
    hidden: tuple[tuple[str, str], ...]
    """What a search has to carry along."""
    whole: str
    """The query of the list without any narrowing."""
    query: str
    """The query of this list, for the items' own pages."""
    previous: Place | None
    next: Place | None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


class Sample(NamedTuple):
    """One answer of a model, and what was made of it."""

    number: int
    output: Text
    answer: Text | None
    right: bool
    in_form: bool
    reason: str | None
    stdout: Text | None
    seconds: float | None


class Weight(NamedTuple):
    """How likely one option was."""

    option: str
    text: str
    """What a lettered option says."""
    loglikelihood: float | None
    per_character: float | None
    """Where that is what decides."""
    probability: float | None
    """Among the options alone, percent."""
    chosen: bool
    gold: bool


class ItemPage(NamedTuple):
    """Everything about one item."""

    head: Head
    line: Line
    prompt: Text
    prompt_sha256: str
    echo: Text | None
    gold: Text
    program: bool
    samples: tuple[Sample, ...]
    weights: tuple[Weight, ...]
    per_character: bool
    narrowed: bool
    nth: int
    """Place among the items that the narrowing leaves; 0 when it is none of them."""
    found: int
    previous: Place | None
    next: Place | None
    back: str
    """The query of the list's page that this item is on."""
