"""What is said of an upload by its owner, what is found in it, and the limits it has to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from federated.naming import unknown
from federated.reading import Problem

Kind = Literal["recipe", "adapter", "outputs", "numbers"]

MIB = 1024**2
MAX_OUTPUT_BYTES = 64 * MIB
"""Of an archive of results, as it is sent."""
MAX_ADAPTER_BYTES = 1024 * MIB
MAX_EXPANSION = 10
"""An archive may unpack to so many times its kind's limit."""

# PostgreSQL stores no NUL characters.
Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=500)]
Key = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$", max_length=60)]


class Declared(BaseModel):
    """What the submitter says; nothing of it is needed but a name and a domain.

    `scores` is for numbers without outputs: percent by task, as the source prints them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text = Field("", max_length=80)
    domain: Text = Field("", max_length=40)
    description: Text = Field("", max_length=4000)
    method: Text = Field("", max_length=40)
    base_model: Text = Field("", max_length=120)
    base_revision: Text = Field("", max_length=80)
    rounds: int | None = Field(None, ge=1, le=10**6)
    clients_per_round: int | None = Field(None, ge=1, le=10**6)
    communication_mb: float | None = Field(None, ge=0, le=10**12, allow_inf_nan=False)
    trained_parameters: int | None = Field(None, ge=0, le=10**13)
    licence: Text = Field("", max_length=80)
    links: tuple[Link, ...] = Field((), max_length=10)
    training_data: tuple[Text, ...] = Field((), max_length=50)
    scores: Mapping[Key, Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]] = Field(
        {}, max_length=100
    )

    def said(self) -> dict[str, Any]:
        """What was said, as plain values, without what was left out."""
        return self.model_dump(mode="json", exclude_defaults=True)


class Found(NamedTuple):
    """What an upload was recognised as, and everything that is wrong with it or odd about it."""

    kind: Kind | None
    format: str = ""
    title: str = ""
    """What it was recognised as, in words."""
    domain: str | None = None
    base_model: str | None = None
    facts: Mapping[str, Any] = {}
    problems: tuple[Problem, ...] = ()
    """Any of these refuses the upload."""
    warnings: tuple[Problem, ...] = ()
    """These are stored with it and shown."""


def read_declared(values: Mapping[str, Any]) -> tuple[Declared | None, tuple[Problem, ...]]:
    """The declaration in plain values, or every problem with it."""
    try:
        return Declared.model_validate(dict(values)), ()
    except ValidationError as refused:
        return None, tuple(_problem(error) for error in refused.errors(include_url=False))


def _problem(error: Any) -> Problem:
    place = ".".join(map(str, error["loc"])) or "declared"
    if error["type"] == "extra_forbidden":
        return Problem(place, None, unknown("key", place, Declared.model_fields))
    found = repr(error.get("input"))
    shown = found if len(found) <= 60 else f"{found[:57]}..."
    return Problem(place, None, f"found {shown}, it {error['msg'].replace('Input s', 's')}")
