"""The training engine's contract: what `job.json` says and what `result.json` answers. Light.

job.json
    {"recipe": {...}, "base": Pin, "dataset": Pin, "threads": 2}
progress.jsonl, one object a line; `event` is one of
    start    of, unit="round", clients, per_round, parameters, budget_mib, device, dtype
    resume   round                       going on after this round
    round    round, of, loss, losses {client: loss}, bytes_down, bytes_up, mib (so far),
             seconds, clients [ids], failed [ids], learning_rate, examples, tokens
    note     message                     one sentence for the log
    failed   code, message, hint, permanent
result.json
    status "ok" | "failed", error, and for "ok" the fields of `Result`
adapter/
    PEFT's adapter_config.json + adapter_model.safetensors, or method.json for a predictor that is
    not an adapter: {"predictor": "base" | "majority"}
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import BadJob
from .recipe import Recipe


class Contract(BaseModel):
    """Immutable and closed: a job of another version is refused, not guessed at."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Self:
        """What `data` says; `BadJob` names every field that does not fit."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise BadJob(f"job.json does not fit its schema: {found}.") from None


class Pin(Contract):
    """A dataset or a model, fixed: `revision` never moves and `source` says who served it."""

    id: str
    revision: str
    source: Literal["hub", "mirror", "mini"]


class Job(Contract):
    """One training run."""

    recipe: Recipe
    base: Pin
    dataset: Pin
    threads: int = Field(1, ge=1, le=256, description="CPU threads of the run.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for `job.json`."""
        return {**self.model_dump(mode="json"), "recipe": self.recipe.as_dict()}


class Traffic(Contract):
    """Bytes of all messages, as Flower counts them (serialised arrays and their names)."""

    bytes_down: int
    bytes_up: int
    budget_mib: int

    @property
    def mib(self) -> float:
        """Both directions, in MiB."""
        return (self.bytes_down + self.bytes_up) / 1024**2


class Result(Contract):
    """What a finished training run reports."""

    method: str
    predictor: Literal["adapter", "base", "majority"]
    rounds: int
    clients: int
    clients_per_round: int
    trained_parameters: int
    total_parameters: int
    traffic: Traffic
    seconds: float
    peak_memory_bytes: int
    final_loss: float | None
    examples: int
    tokens: int
    device: str
    dtype: str
    quantization: str
    threads: int
    notes: tuple[str, ...] = ()
    partition_sizes: tuple[int, ...] = ()
    environment: dict[str, str] = {}
    files: dict[str, str] = {}
    """sha256 of each file of `adapter/`."""
