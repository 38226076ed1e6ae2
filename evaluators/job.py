"""The evaluation engine's contract: what `job.json` says and what `result.json` answers. Light.

job.json
    {"suite": "finance", "base": Pin, "quantization": "4bit", "dtype": "auto", "adapter": DIR,
     "protocols": ["clean", "official"], "limit": null, "batch_size": 32, "threads": 2}
    `adapter` is a directory as `federated/job.py` describes it: PEFT's files, or a method.json
    naming the predictor "base" or "majority" (then `base` is not loaded, or not used at all).
or, for outputs that were handed in,
    {"suite": "finance", "outputs": DIR, "format": "flowertune"}
    DIR holds the files as their tool wrote them (`outputs/names.py`). No model is asked; the
    answers are judged as if one had been.
progress.jsonl, one object a line; `event` is one of
    start    of (items of all tasks and protocols), unit="item", suite, device, dtype
    items    done (so far, of all), of, task, protocol
    task     task, protocol, n, accuracy | unscored
    note     message
    failed   code, message, hint, permanent
result.json
    status "ok" | "failed", error, and for "ok" the fields of `Result`
items/<protocol>-<task>.parquet
    one row a completion, columns as `ITEM_COLUMNS`; scores are computed from these files alone.
    Each is written in one step when its task is done; a job started again asks only what has no
    file yet
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from federated.job import Contract, Pin

Protocol = Literal["clean", "official"]
Format = Literal["lm-eval", "flowertune", "bigcode", "humaneval"]
"""The tools whose outputs can be scored again."""

ITEM_COLUMNS = (
    "item_id",  # str, stable across runs: the task and the row's place in its dataset
    "sample",  # int, which completion of the item, from 0
    "group",  # str, what the item belongs to inside its task (a subject); "" where nothing
    "prompt_sha256",  # str, of the exact prompt text
    "prompt",  # str
    "echo",  # str | None; the prompt as the tokenizer gives it back, where that is not `prompt`
    "output",  # str; generated text, or the chosen answer under `clean`
    "answer",  # str | None; what the protocol read out of the output
    "gold",  # str; of a program its tests
    "options",  # list[str] | None; what may be answered, None for programs
    "correct",  # bool
    "compliant",  # bool; the output had the expected form
    "loglikelihoods",  # list[float] | None; one an option, in the task's order
    "reason",  # str | None; of a program, why the verdict is what it is
    "stdout",  # str | None; of a program, what it printed (cut)
    "seconds",  # float | None; of a program, how long it ran
)


class Job(Contract):
    """One evaluation on one suite: of an adapter, or of outputs that are there already."""

    suite: str
    base: Pin | None = None
    quantization: Literal["none", "4bit", "8bit"] = "none"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    adapter: str | None = Field(
        None, description="Directory, absolute or relative to the job directory."
    )
    outputs: str | None = Field(
        None, description="The same, of outputs; then there is neither base nor adapter."
    )
    format: Format | None = None
    protocols: tuple[Protocol, ...] = Field(("clean", "official"), min_length=1)
    limit: int | None = Field(None, ge=1, description="First so many items a task; None: all.")
    batch_size: int = Field(32, ge=1, le=4096)
    threads: int = Field(1, ge=1, le=256)

    @field_validator("protocols")
    @classmethod
    def _each_once(cls, protocols: tuple[Protocol, ...]) -> tuple[Protocol, ...]:
        if len(set(protocols)) < len(protocols):
            raise ValueError(f"each protocol once, found {', '.join(protocols)}")
        return protocols

    @model_validator(mode="after")
    def _one_thing_to_judge(self) -> Self:
        ours = self.base is not None and self.adapter is not None
        theirs = self.outputs is not None and self.format is not None
        mixed = (self.base or self.adapter) and (self.outputs or self.format)
        if mixed or not (ours or theirs):
            raise ValueError("base and adapter, or outputs and format, and not both")
        return self


class TaskScore(Contract):
    """One task under one protocol. Shares are fractions from 0 to 1."""

    task: str
    n: int
    """Items asked, each counted once however often it was sampled. 0 for a task without a score."""
    samples: int = 1
    """Completions of each item. An item's score is the mean over them."""
    accuracy: float | None
    stderr: float | None
    """Standard error of the accuracy over items: sqrt(p (1 - p) / (n - 1)) for one sample each,
    as lm-eval's."""
    low: float | None
    high: float | None
    """95 % Wilson interval of the accuracy; with several samples, at the effective size."""
    chance: float
    """Accuracy of a uniform guess."""
    corrected: float | None
    """(accuracy - chance) / (1 - chance)."""
    compliance: float | None
    """Share of outputs in the expected form."""
    items: str | None
    """The parquet file, relative to the job directory."""
    unscored: str | None = None
    """Why there is no score; None when there is one."""


class ProtocolScore(Contract):
    """A suite under one protocol; no average unless every task has a score."""

    tasks: tuple[TaskScore, ...]
    average: float | None
    stderr: float | None
    low: float | None
    high: float | None
    """95 % stratified interval of the unweighted mean: average -+ 1.96 * stderr."""
    corrected: float | None
    """Mean of the tasks' chance-corrected scores."""
    unscored: str | None = None


class Result(Contract):
    """What a finished evaluation reports."""

    suite: str
    suite_version: str
    evaluator_version: str
    protocols: dict[Protocol, ProtocolScore]
    limit: int | None
    seconds: float
    peak_memory_bytes: int
    device: str
    dtype: str
    quantization: str
    notes: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    datasets: dict[str, Pin] = {}
    """Each dataset used, by task."""
    prompts_sha256: dict[str, str] = {}
    """By "<protocol>-<task>": sha256 over the items' prompt hashes, in item order."""
    files: dict[str, str] = {}
    """sha256 of each items file."""
