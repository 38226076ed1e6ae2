"""From a completion to a program with its tests, and from the sandbox's word to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from . import items, protocols, sandbox
from .documents import Document
from .errors import Unscored
from .items import Item
from .sandbox import Program, Verdict
from .suites import Task


class Written(NamedTuple):
    """One completion of one task."""

    doc: Document
    sample: int
    completion: str
    code: str = ""
    """The whole program, where it is not the prompt and the completion."""


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
    programs = [program(task, each.doc, each.completion, each.code) for each in written]
    different = list(dict.fromkeys(programs))
    try:
        verdicts = sandbox.judge_all(different, workers, on_done=alive)
    except sandbox.NoIsolation as error:
        raise Unscored(str(error)) from error
    found = dict(zip(different, verdicts, strict=True))
    return [found[each] for each in programs]


def run(
    task: Task,
    written: Sequence[Written],
    workers: int,
    alive: Callable[[int], None] = lambda finished: None,
) -> list[Item]:
    """One item a completion, each run with its task's tests."""
    verdicts = judge(task, written, workers, alive)
    return [
        items.judged(
            each.doc,
            each.doc["prompt"],
            each.completion,
            protocols.Verdict(None, ran.passed, in_form(each, ran)),
            sample=each.sample,
            reason=ran.reason if not ran.detail else f"{ran.reason}: {ran.detail}",
            stdout=ran.stdout,
            seconds=round(ran.seconds, 3),
        )
        for each, ran in zip(written, verdicts, strict=True)
    ]


def program(task: Task, doc: Document, completion: str, code: str = "") -> Program:
    """The prompt and what the model wrote after it, as the bigcode harness joins them."""
    return Program(
        language=task.language,
        code=code or doc["prompt"] + completion,
        tests=doc["tests"],
        entry_point=doc["entry_point"],
        setup=doc["setup"],
        given=doc["prompt"],
    )


def in_form(written: Written, run: Verdict) -> bool:
    """Whether something was written and it is a program at all."""
    return bool(written.completion.strip()) and run.reason != "does not compile"
