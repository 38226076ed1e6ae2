"""What the reads answer: frozen records that pages, commands and exports show as they are.

Shares are percent (0-100), sizes are in the unit their name says, times are seconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

Protocol = Literal["clean", "official"]
Trust = Literal["verified", "evaluated", "recomputed", "reported"]


class TaskCell(NamedTuple):
    """One task of one entry under one protocol."""

    key: str
    title: str
    n: int
    accuracy: float | None
    low: float | None
    high: float | None
    corrected: float | None
    compliance: float | None
    unscored: str
    submission_id: str = ""
    """On overall boards: whose score of the domain `key` this is."""


class BoardRow(NamedTuple):
    """One entry of a board. `rank` is None for controls and for entries without an average."""

    submission_id: str
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    """Between these the rank can lie at 95 %; None where it was not worked out."""
    tier: int | None
    """Group, from 1, of entries that cannot be told from the group's first."""
    borda: float | None
    """Points over the domains, on overall boards."""
    name: str
    owner: str
    method: str
    method_title: str
    base_model: str
    trust: Trust
    is_control: bool
    average: float | None
    low: float | None
    high: float | None
    corrected: float | None
    unscored: str
    tasks: tuple[TaskCell, ...]
    gigabytes: float | None
    """All messages both ways, MiB / 1024 as on the published board."""
    trained_millions: float | None
    memory_gigabytes: float | None
    seconds: float | None
    rounds: int | None
    submitted_at: datetime
    flagged: str = ""
    """Why staff warn of it; empty as a rule."""


class BoardPage(NamedTuple):
    """A domain's board under one protocol, ranked entries and controls apart."""

    domain: str
    title: str
    sentence: str
    practice: bool
    overall: bool
    """Whether its rows are lines over all domains and its tasks are the domains."""
    protocol: Protocol
    protocols: tuple[Protocol, ...]
    task_titles: tuple[tuple[str, str], ...]
    """(key, title) of each task, in column order."""
    entries: tuple[BoardRow, ...]
    controls: tuple[BoardRow, ...]
    axis: tuple[float, float]
    """The shared axis of the interval bars, percent."""
    items: int
    """Questions in all tasks."""
    pairs: int
    """Pairs of entries compared for the rank intervals."""
    paired: int
    """Those of them that answered the same questions."""
    suite_version: str
    evaluator_version: str
    sequence: int
    built_at: datetime | None
    running: int
    """Submissions of this domain that are not finished."""

    @property
    def unpaired(self) -> int:
        """Pairs that were compared by the standard errors of their averages."""
        return self.pairs - self.paired


class Failure(NamedTuple):
    """Why a run failed, for its owner and its readers."""

    code: str
    message: str
    hint: str


class Round(NamedTuple):
    """One finished round."""

    number: int
    loss: float | None
    seconds: float
    mebibytes: float
    """Sent so far, both ways."""


class ScoreCard(NamedTuple):
    """An entry's scores under one protocol and evaluator version."""

    protocol: Protocol
    average: float | None
    low: float | None
    high: float | None
    corrected: float | None
    unscored: str
    tasks: tuple[TaskCell, ...]
    evaluator_version: str
    suite_version: str
    created: datetime


class Step(NamedTuple):
    """One step of the timeline: done, current or to come."""

    title: str
    state: Literal["done", "current", "to come", "failed"]
    at: datetime | None


class Remark(NamedTuple):
    """What a check said of an upload that it did not refuse."""

    place: str
    message: str
    hint: str


class HandedIn(NamedTuple):
    """What was made elsewhere: what it was recognised as, and what its owner says of it."""

    title: str
    format: str
    digest: str
    """Of the stored tree; empty for numbers."""
    said: tuple[tuple[str, str], ...]
    """(label, value)."""
    links: tuple[str, ...]
    remarks: tuple[Remark, ...]


class RunPage(NamedTuple):
    """Everything the submission page shows."""

    submission_id: str
    name: str
    description: str
    owner: str
    domain: str
    domain_title: str
    practice: bool
    method: str
    method_title: str
    base_model: str
    base_revision: str
    trust: Trust
    is_control: bool
    rank: int | None
    stage: str
    """Key of the stage table, e.g. "training"."""
    stage_title: str
    """In words, e.g. "Training"."""
    live: bool
    """Whether the page should ask again."""
    steps: tuple[Step, ...]
    position: int | None
    """Place in the queue from 1, when waiting."""
    expected_start_seconds: float | None
    attempt: int
    tries: int
    max_tries: int
    heartbeat_age: float | None
    elapsed: float | None
    remaining: float | None
    done: int
    of: int
    unit: str
    """What `done` and `of` count: "round" or "item"."""
    percent: float
    clients: int | None
    clients_per_round: int | None
    mebibytes: float | None
    budget_mebibytes: int | None
    rounds: tuple[Round, ...]
    log: tuple[str, ...]
    """The last lines, oldest first."""
    failure: Failure | None
    scores: tuple[ScoreCard, ...]
    recipe_toml: str
    facts: tuple[tuple[str, str], ...]
    """(label, value) pairs about what was used: device, number format, seconds, memory, ..."""
    notes: tuple[str, ...]
    created: datetime
    can_cancel: bool
    handed_in: HandedIn | None = None
    """None for a recipe."""


class Listed(NamedTuple):
    """One line of a list of submissions."""

    submission_id: str
    name: str
    domain: str
    domain_title: str
    method_title: str
    owner: str
    stage: str
    stage_title: str
    percent: float
    average: float | None
    low: float | None
    high: float | None
    created: datetime
    visibility: str = "public"
    withdrawn: bool = False


class Standing(NamedTuple):
    """Who may see a submission and why it may be gone: all that a tombstone or a draft shows."""

    submission_id: str
    name: str
    owner: str
    team: str
    """Its slug; empty without a team."""
    team_name: str
    domain: str
    domain_title: str
    visibility: str
    queued: bool
    """Whether there is an attempt to show."""
    withdrawn_at: datetime | None
    withdrawn_reason: str
    flagged_reason: str
    created: datetime
    may_change: bool

    @property
    def public(self) -> bool:
        return self.visibility == "public"


class DomainCard(NamedTuple):
    """A board on the landing page with its leader."""

    domain: str
    title: str
    sentence: str
    practice: bool
    entries: int
    leader: BoardRow | None
    updated: datetime | None
    overall: bool = False
    """Whether it is a board over all domains."""
