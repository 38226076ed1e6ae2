"""What the API answers and takes, field by field: nothing else of a row gets out or in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, field_validator

Json = dict[str, Any]
Scope = Literal["read", "submit", "manage"]


class Problem(Schema):
    """One thing wrong: where, on which line, what was found and wanted, what helps."""

    place: str
    line: int | None = None
    message: str
    hint: str = ""


class ErrorBody(Schema):
    code: str
    message: str
    problems: list[Problem]


class Error(Schema):
    """Every answer of 400 and above."""

    error: ErrorBody


class Task(Schema):
    """One task of a score. Percent; null where it is unscored."""

    key: str
    title: str
    n: int
    accuracy: float | None
    low: float | None
    high: float | None
    corrected: float | None
    compliance: float | None
    unscored: str


class Score(Schema):
    """A score under one protocol, suite and evaluator. Percent, with a 95 % interval."""

    protocol: str
    average: float | None
    low: float | None
    high: float | None
    corrected: float | None
    unscored: str
    suite_version: str
    evaluator_version: str
    created: datetime
    tasks: list[Task]


class Failure(Schema):
    code: str
    message: str
    hint: str


class Submission(Schema):
    """What was handed in and where it stands."""

    id: str
    name: str
    description: str
    kind: str
    domain: str
    method: str
    base_model: str
    owner: str
    team: str | None
    trust: str
    visibility: str
    stage: str
    stage_title: str
    ended: bool
    attempt: int
    position: int | None
    eta_seconds: float | None
    """Until it starts while it waits, until the stage is over while it runs."""
    done: int
    of: int
    unit: str
    failure: Failure | None
    scores: list[Score]
    findings: list[Json]
    """What the checks remarked without refusing it."""
    created: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    flagged_reason: str
    url: str


class Submissions(Schema):
    results: list[Submission]
    next: str | None


class Quota(Schema):
    """`limit` is null where there is none; `resets_at` where it never starts again."""

    limit: int | None
    used: int
    remaining: int | None
    resets_at: datetime | None


class Quotas(Schema):
    submissions: Quota
    storage: Quota


class Found(Schema):
    """What an upload was recognised as."""

    kind: str | None
    format: str
    title: str
    domain: str | None
    base_model: str | None
    facts: Json


class Duplicate(Schema):
    id: str
    name: str
    url: str


class Checked(Schema):
    """A dry run: nothing was stored or used. Handing it in is refused for each of `problems`."""

    found: Found
    problems: list[Problem]
    warnings: list[Problem]
    duplicates: list[Duplicate]
    quota: Quota


class Membership(Schema):
    slug: str
    name: str
    role: str


class Token(Schema):
    """A token without its text."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    created: datetime
    expires: datetime | None
    last_used: datetime | None


class Tokens(Schema):
    results: list[Token]
    next: str | None = None


class NewToken(Token):
    """`token` is shown this once."""

    token: str


class Me(Schema):
    username: str
    is_staff: bool
    teams: list[Membership]
    token: Token


class Given(Schema):
    """A body; a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def no_nul(cls, value: Any) -> Any:
        if "\x00" in str(value):
            raise ValueError("a NUL character found, which is in no text")
        return value


class TokenGiven(Given):
    name: str = Field(max_length=80)
    scopes: list[str] = Field(["read"], max_length=3)
    days: int = Field(90, ge=1, le=365)


class UploadGiven(Given):
    name: str = Field(max_length=255)
    size: int = Field(ge=0, le=10**15)


class Withdrawal(Given):
    reason: str = Field(max_length=1000)


class Upload(Schema):
    id: str
    name: str
    size: int
    received: int
    chunk_bytes: int
    expires: datetime


class Line(Schema):
    """One line of an engine's progress; what `data` holds depends on the event."""

    seq: int
    stage: str
    event: str
    data: Json


class Progress(Schema):
    attempt: int
    ended: bool
    last: int
    results: list[Line]


class Chunk(Schema):
    seq: int
    text: str


class Log(Schema):
    attempt: int
    ended: bool
    last: int
    results: list[Chunk]


class Items(Schema):
    results: list[Json]
    next: str | None


class BenchmarkTask(Schema):
    key: str
    title: str
    dataset: str
    n: int | None
    chance: float


class Benchmark(Schema):
    """A board and the tests behind it."""

    key: str
    title: str
    sentence: str
    practice: bool
    suite_version: str
    evaluator_version: str
    protocols: list[str]
    entries: int
    updated: datetime | None
    tasks: list[BenchmarkTask]
    url: str


class Benchmarks(Schema):
    results: list[Benchmark]
    next: str | None = None


class Entries(Schema):
    """Rows of a board in its order; `sequence` changes when the board does."""

    sequence: int
    results: list[Json]
    next: str | None
