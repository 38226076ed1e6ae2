"""The evaluation engine: a job directory in, scores out. Light at import: no torch, no lm_eval."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from federated import measure
from federated.program import JobDirectory

from . import items, predictors, scoring
from .errors import Unscored
from .job import Job, Protocol, ProtocolScore, Result, TaskScore
from .loading import load
from .plan import Answered, Part, Reasons, Setting, find_suite, plan, read_documents, stored_setting
from .predictors import Predictor
from .progress import Reporter
from .suites import EVALUATOR_VERSION, SEED, Suite

if TYPE_CHECKING:
    from lm_eval.api.model import LM

Answer = Callable[[Part], Answered]

PACKAGES = ("lm_eval", "datasets", "pyarrow", "numpy")
MODEL_PACKAGES = ("torch", "transformers", "tokenizers", "peft", "accelerate", "bitsandbytes")


def run(directory: JobDirectory) -> dict[str, Any]:
    """Evaluate the job in a directory and answer the fields of `Result`.

    Scores are computed from the items files alone; a file that an earlier run of the same job
    finished is not asked again. Raises the errors of `errors.py`.
    """
    started = time.monotonic()

    # 1. What is asked, and of whom.
    job = Job.parse(directory.read_job())
    suite = find_suite(job.suite)
    predictor = find_predictor(directory, job)

    # 2. The items of every task, or the reason why there are none.
    documents, reasons = read_documents(suite, job)
    parts = plan(job, suite, predictor, documents, directory.path / "items")

    # 3. What an earlier run of this same job finished.
    left = [part for part in parts if not part.finished]
    of = sum(part.n for part in parts)
    reporter = Reporter(directory, of, done=of - sum(part.n for part in left))

    # 4. The model or the outputs, if anything is left to ask.
    answer, setting = (
        answering(job, suite, predictor, parts, reporter) if left else (None, stored_setting(parts))
    )
    announce(directory, job, setting, of)

    # 5. Ask.
    if answer is not None:
        reasons |= ask(left, answer, setting, reporter)

    # 6. Scores, from the files alone.
    scores = {protocol: score(protocol, suite, parts, reasons) for protocol in job.protocols}

    # 7. How it was done.
    seconds = round(time.monotonic() - started, 3)
    return report(job, suite, predictor, parts, reasons, scores, setting, seconds)


def find_predictor(directory: JobDirectory, job: Job) -> Predictor:
    """Whose answers are judged."""
    if job.outputs is not None:
        return predictors.read_outputs(directory.path / job.outputs)
    return predictors.read(directory.path / (job.adapter or ""))


def answering(
    job: Job, suite: Suite, predictor: Predictor, parts: Sequence[Part], reporter: Reporter
) -> tuple[Answer, Setting]:
    """What answers a part: a model that is asked, or a look into what was handed in."""
    if job.format is not None:
        from .outputs.book import Book

        book = Book(predictor.folder, job.format, suite, parts)
        handed_in = partial(book.answer, workers=job.threads, alive=lambda finished: reporter(0))
        return handed_in, Setting(device="none", notes=tuple(book.notes))
    lm, setting = load(job, predictor, reporter)
    return partial(ask_model, lm=lm, workers=job.threads), setting


def ask_model(part: Part, lm: LM, workers: int) -> Answered:
    """A part's items put to a model."""
    from . import harness

    found = harness.ask(part.task, part.protocol, part.documents.items, lm, workers)
    return Answered(found.items)


def announce(directory: JobDirectory, job: Job, setting: Setting, of: int) -> None:
    """The first lines of the progress file."""
    directory.progress(
        "start", of=of, unit="item", suite=job.suite, device=setting.device, dtype=setting.dtype
    )
    for note in setting.notes:
        directory.progress("note", message=note)


def ask(parts: Sequence[Part], answer: Answer, setting: Setting, reporter: Reporter) -> Reasons:
    """Answer the parts one by one, each to its file; why some could not be."""
    reasons: Reasons = {}
    for part in parts:
        end = reporter.done + part.n
        reporter.begin(part.task.key, part.protocol)
        try:
            answered = answer(part)
            notes = (*setting.notes, *answered.notes)
            part.finish(answered.items, setting._replace(notes=notes))
        except Unscored as reason:
            reasons[part.protocol, part.task.key] = str(reason)
        reporter.skip_to(end)
        tell(reporter.directory, part, score_part(part, reasons))
    return reasons


def tell(directory: JobDirectory, part: Part, scored: TaskScore) -> None:
    """A finished part's line in the progress file."""
    outcome: dict[str, Any] = {"accuracy": scored.accuracy}
    if scored.unscored:
        outcome = {"unscored": scored.unscored}
    directory.progress("task", task=part.task.key, protocol=part.protocol, n=scored.n, **outcome)


def score(
    protocol: Protocol, suite: Suite, parts: Sequence[Part], reasons: Reasons
) -> ProtocolScore:
    """The suite's score under one protocol."""
    by_task = {part.task.key: part for part in parts if part.protocol == protocol}
    return scoring.score_protocol(
        [
            score_part(by_task[task.key], reasons)
            if task.key in by_task
            else scoring.unscored_task(task.key, task.chance, reasons[protocol, task.key])
            for task in suite.tasks
        ]
    )


def score_part(part: Part, reasons: Reasons) -> TaskScore:
    """One task's score, counted in its file."""
    task = part.task
    if reason := reasons.get((part.protocol, task.key)):
        return scoring.unscored_task(task.key, task.chance, reason)
    return scoring.score_task(task.key, task.chance, items.count(part.file), part.where)


def report(
    job: Job,
    suite: Suite,
    predictor: Predictor,
    parts: Sequence[Part],
    reasons: Reasons,
    scores: dict[Protocol, ProtocolScore],
    setting: Setting,
    seconds: float,
) -> dict[str, Any]:
    """The fields of `Result`, as plain values."""
    scored = [part for part in parts if (part.protocol, part.task.key) not in reasons]
    return Result(
        suite=suite.key,
        suite_version=suite.version_with(job.limit),
        evaluator_version=EVALUATOR_VERSION,
        protocols=scores,
        limit=job.limit,
        seconds=seconds,
        peak_memory_bytes=measure.peak_memory(),
        device=setting.device,
        dtype=setting.dtype,
        quantization=setting.quantization,
        notes=notes_of(scored, setting),
        environment={**measure.environment(packages(predictor)), "seed": str(SEED)},
        datasets={part.task.key: part.documents.pin for part in parts},
        prompts_sha256={part.name: items.prompts_sha256(part.file) for part in scored},
        files={part.where: measure.file_sha256(part.file) for part in scored},
    ).model_dump(mode="json")


def notes_of(parts: Sequence[Part], setting: Setting) -> tuple[str, ...]:
    """What was noted of the whole and of each part, once."""
    each = (note for part in parts for note in stored_setting([part]).notes)
    return tuple(dict.fromkeys([*setting.notes, *each]))


def packages(predictor: Predictor) -> tuple[str, ...]:
    """What touched the answers."""
    return PACKAGES if predictor.kind in ("majority", "outputs") else PACKAGES + MODEL_PACKAGES
