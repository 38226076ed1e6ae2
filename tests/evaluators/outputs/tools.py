"""Uploads as the tools write them; lm-eval's own code writes its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM
from lm_eval.evaluator import simple_evaluate
from lm_eval.loggers import EvaluationTracker

from evaluators import documents, engine, harness, items
from evaluators.job import Format, Protocol, Result
from evaluators.suites import Suite
from federated.program import JobDirectory

BOTH: tuple[Protocol, ...] = ("clean", "official")


def rescore(folder: Path, suite: str, format: Format, **fields: Any) -> Result:
    """What the engine makes of the outputs in `folder/outputs`."""
    job = {"suite": suite, "outputs": "outputs", "format": format, **fields}
    (folder / "job.json").write_text(json.dumps(job))
    return Result.model_validate(json.loads(json.dumps(engine.run(JobDirectory(folder)))))


def rows_of(folder: Path, result: Result, protocol: Protocol, task: str) -> list[items.Item]:
    """A task's stored rows."""
    [found] = [each for each in result.protocols[protocol].tasks if each.task == task]
    return items.read(folder / str(found.items))


def reason(result: Result, protocol: Protocol, task: str) -> str | None:
    """Why a task has no score."""
    [found] = [each for each in result.protocols[protocol].tasks if each.task == task]
    return found.unscored


def lm_eval_run(
    folder: Path, suite: Suite, lm: LM, protocols: Sequence[Protocol] = BOTH, **options: Any
) -> Path:
    """A run by lm-eval, written by lm-eval: results_<date>.json and samples_<task>_<date>.jsonl."""
    tasks = [
        harness.build(task, protocol, documents.read(task, None).items)
        for task in suite.tasks
        for protocol in protocols
    ]
    results = simple_evaluate(lm, tasks=tasks, log_samples=True, bootstrap_iters=0, **options)
    tracker = EvaluationTracker(output_path=str(folder))
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for name, rows in samples.items():
        tracker.save_results_samples(task_name=name, samples=rows)
    return next(folder.rglob("results_*.json")).parent


def write_lines(file: Path, rows: Iterable[Any]) -> None:
    """A JSONL file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def read_lines(file: Path) -> list[Any]:
    """Its rows."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
