"""What a job comes to: its suite's items, and one part a task and protocol, some done already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from federated.naming import unknown

from . import documents, items, programs
from .documents import Documents
from .errors import BadJob, Unscored
from .job import Job, Protocol
from .predictors import Predictor
from .suites import EVALUATOR_VERSION, SUITES, Suite, Task

Reasons = dict[tuple[Protocol, str], str]
"""Why a task has no score, by (protocol, task key)."""


class Setting(NamedTuple):
    """What answered: stored with the items, so that a resumed job still knows."""

    device: str = "cpu"
    dtype: str = "none"
    quantization: str = "none"
    notes: tuple[str, ...] = ()


class Answered(NamedTuple):
    """A part's rows, and what a reader should know of them."""

    items: list[items.Item]
    notes: tuple[str, ...] = ()


class Part(NamedTuple):
    """One task under one protocol, and the file its items go to."""

    protocol: Protocol
    task: Task
    documents: Documents
    file: Path
    fingerprint: str

    @property
    def name(self) -> str:
        """As in file names and `prompts_sha256`."""
        return f"{self.protocol}-{self.task.key}"

    @property
    def n(self) -> int:
        """Items to ask."""
        return len(self.documents.items)

    @property
    def where(self) -> str:
        """The items file as seen from the job directory."""
        return f"{self.file.parent.name}/{self.file.name}"

    @property
    def finished(self) -> bool:
        """Whether the items file is there and belongs to this very job."""
        return (items.read_metadata(self.file) or {}).get("fingerprint") == self.fingerprint

    def finish(self, answers: list[items.Item], setting: Setting) -> None:
        """Write the items file."""
        marks = {"fingerprint": self.fingerprint, "setting": setting._asdict()}
        items.write(self.file, answers, marks)


def find_suite(key: str) -> Suite:
    """The suite of that name; `BadJob` with the near ones."""
    if key not in SUITES:
        raise BadJob(f"{unknown('suite', key, SUITES)}.")
    return SUITES[key]


def read_documents(suite: Suite, job: Job) -> tuple[dict[str, Documents], Reasons]:
    """Each task's items by its key, and why the others have none."""
    found: dict[str, Documents] = {}
    reasons: Reasons = {}
    for task in suite.tasks:
        try:
            if why := programs.missing(task):
                raise Unscored(why)
            found[task.key] = documents.read(task, job.limit)
        except Unscored as reason:
            reasons |= {(protocol, task.key): str(reason) for protocol in job.protocols}
    return found, reasons


def plan(
    job: Job, suite: Suite, predictor: Predictor, found: dict[str, Documents], folder: Path
) -> list[Part]:
    """Every task that has items, under every protocol, in the job's order."""
    return [
        Part(
            protocol=protocol,
            task=task,
            documents=found[task.key],
            file=folder / f"{protocol}-{task.key}.parquet",
            fingerprint=fingerprint(job, suite, predictor, found[task.key]),
        )
        for protocol in job.protocols
        for task in suite.tasks
        if task.key in found
    ]


def fingerprint(job: Job, suite: Suite, predictor: Predictor, found: Documents) -> str:
    """What decides a task's answers, as a digest. Threads and the batch size do not."""
    decisive = {
        "evaluator": EVALUATOR_VERSION,
        "suite": [suite.key, suite.version],
        "predictor": [predictor.kind, predictor.digest],
        "base": job.base.model_dump() if job.base else job.format,
        "numbers": [job.quantization, job.dtype],
        "limit": job.limit,
        "dataset": found.pin.model_dump(),
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def stored_setting(parts: Iterable[Part]) -> Setting:
    """What answered an earlier run's items."""
    for part in parts:
        stored = (items.read_metadata(part.file) or {}).get("setting", {})
        return Setting(**{**stored, "notes": tuple(stored.get("notes", ()))})
    return Setting()
