"""What the reads answer about re-evaluation. Shares are percent, differences percentage points."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Move(NamedTuple):
    """An entry of a board before and after a flip; None for what it has not."""

    submission_id: str
    name: str
    owner: str
    is_control: bool
    old: float | None
    new: float | None
    old_rank: int | None
    new_rank: int | None
    difference: float | None
    low: float | None
    high: float | None
    """95 % interval of the difference."""
    outside: bool
    """Whether the change is more than noise at 5 %, over all entries of the board together."""
    paired: bool
    """Whether old and new score are of the same items."""

    @property
    def climbed(self) -> int:
        """Ranks won, negative for lost; 0 where one of them is missing."""
        return (self.old_rank or 0) - (self.new_rank or 0) if self.new_rank and self.old_rank else 0


class Preview(NamedTuple):
    """What a flip would do to one board."""

    protocol: str
    old_version: str
    new_version: str
    moves: tuple[Move, ...]
    """Entries with both scores: changes beyond noise first, then the largest steps in rank."""
    joining: tuple[Move, ...]
    """Entries that only the new version scored."""
    vanishing: tuple[Move, ...]
    """Entries that only the old version scored."""

    @property
    def outside(self) -> int:
        return sum(move.outside for move in self.moves)

    @property
    def moving(self) -> int:
        return sum(move.climbed != 0 for move in self.moves)


class Member(NamedTuple):
    """A submission of a batch, and how far its attempt is."""

    submission_id: str
    name: str
    owner: str
    stage: str
    stage_title: str
    error: str
    failed: bool


class Event(NamedTuple):
    """An act, as it is shown."""

    action: str
    actor: str
    reason: str
    at: datetime


class BatchLine(NamedTuple):
    """One line of the list of batches."""

    pk: int
    domain: str
    domain_title: str
    suite_version: str
    evaluator_version: str
    state: str
    reason: str
    started_by: str
    created: datetime
    ended_at: datetime | None
    members: int
    published: int
    live: int
    failed: int

    @property
    def open(self) -> bool:
        return self.state in ("running", "ready")


class BatchPage(NamedTuple):
    """Everything the page of a batch shows."""

    line: BatchLine
    members: tuple[Member, ...]
    """Those that have not ended well first."""
    previews: tuple[Preview, ...]
    """Of an open batch."""
    vanishing: tuple[Move, ...]
    """Over all protocols, each once."""
    events: tuple[Event, ...]


class Value(NamedTuple):
    """A submission's score under one version and protocol."""

    protocol: str
    average: float | None
    low: float | None
    high: float | None


class Scored(NamedTuple):
    """A submission's scores under one version."""

    suite_version: str
    evaluator_version: str
    values: tuple[Value, ...]
    created: datetime
    shown: bool
    """Whether the board shows this version."""


class Flip(NamedTuple):
    """When the board changed its version, and what that did to a submission's score."""

    at: datetime
    old_version: str
    new_version: str
    reason: str
    old: float | None
    new: float | None
    """Averages under `clean`."""
    left_out: bool


class History(NamedTuple):
    """What a submission was scored before, and what is under way."""

    scored: tuple[Scored, ...] = ()
    """Newest first."""
    flips: tuple[Flip, ...] = ()
    ahead: str = ""
    """Evaluator of a newer score than the board shows; empty as a rule."""
    board_version: str = ""
    again: str = ""
    """Evaluator of a re-evaluation that this submission is in, while it is open."""
    again_stage: str = ""
