"""From a completion to a program with its tests, and from the sandbox's word to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from . import sandbox
from .documents import Document
from .errors import Unscored
from .sandbox import Program, Verdict
from .suites import Task


class Written(NamedTuple):
    """One completion of one task."""

    doc: Document
    sample: int
    completion: str


def missing(task: Task) -> str | None:
    """Why this task's programs cannot be judged on this machine; None where they can."""
    return sandbox.missing(task.language) if task.form == "program" else None


def judge(
    task: Task,
    written: Sequence[Written],
    workers: int,
    alive: Callable[[int], None] = lambda finished: None,
) -> list[Verdict]:
    """Run each program with its tests, in order; `Unscored` without isolation, never bare.

    Samples that are the same program are run once.
    """
    programs = [program(task, each.doc, each.completion) for each in written]
    different = list(dict.fromkeys(programs))
    try:
        verdicts = sandbox.judge_all(different, workers, on_done=alive)
    except sandbox.NoIsolation as error:
        raise Unscored(str(error)) from error
    found = dict(zip(different, verdicts, strict=True))
    return [found[each] for each in programs]


def program(task: Task, doc: Document, completion: str) -> Program:
    """The prompt and what the model wrote after it, as the bigcode harness joins them."""
    return Program(
        language=task.language,
        code=doc["prompt"] + completion,
        tests=doc["tests"],
        entry_point=doc["entry_point"],
        setup=doc["setup"],
        given=doc["prompt"],
    )


def in_form(written: Written, run: Verdict) -> bool:
    """Whether something was written and it is a program at all."""
    return bool(written.completion.strip()) and run.reason != "does not compile"
