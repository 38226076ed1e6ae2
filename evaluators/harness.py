"""The one place that calls lm_eval: builds our tasks on data from the hub and asks a model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset
from lm_eval.api.model import LM
from lm_eval.api.task import ConfigurableTask
from lm_eval.evaluator import evaluate
from lm_eval.tasks._yaml_loader import load_yaml

from . import programs, protocols
from .documents import Document
from .items import Item, judged
from .job import Protocol
from .suites import Task

DEFINITIONS = Path(__file__).parent / "tasks"

Sample = dict[str, Any]

logging.getLogger("lm_eval").setLevel(logging.ERROR)


class Answers(NamedTuple):
    """One task under one protocol: our items, and lm-eval's own metrics beside them."""

    items: list[Item]
    metrics: dict[str, Any]


def build(task: Task, protocol: Protocol, documents: list[Document]) -> ConfigurableTask:
    """The lm-eval task of a YAML definition, on these documents."""
    definition = load_yaml(DEFINITIONS / f"{task.form}_{protocol}.yaml")
    data = {"test": Dataset.from_list(documents)}
    definition |= {"task": f"{task.key}-{protocol}", "custom_dataset": lambda **_: data}
    if task.generation:
        definition["generation_kwargs"] = _laid_over(definition["generation_kwargs"], task)
    return ConfigurableTask(config=definition)


def _laid_over(kwargs: dict[str, Any], task: Task) -> dict[str, Any]:
    """A definition's generation settings with those of the task; both end a completion."""
    until = [*kwargs.get("until", ()), *task.generation.get("until", ())]
    return {**kwargs, **task.generation, "until": until}


def ask(
    task: Task, protocol: Protocol, documents: list[Document], lm: LM, workers: int = 1
) -> Answers:
    """Every item put to the model; `Unscored` where the model's numbers are none.

    Programs are run by as many sandboxes at once as there are `workers`.
    """
    built = build(task, protocol, documents)
    name = f"{task.key}-{protocol}"
    found = evaluate(lm, {name: built}, bootstrap_iters=2, log_samples=True)
    samples = sorted(found["samples"][name], key=lambda sample: sample["doc_id"])
    return Answers(_judged(task, protocol, samples, lm, workers), found["results"][name])


def _judged(
    task: Task, protocol: Protocol, samples: Sequence[Sample], lm: LM, workers: int
) -> list[Item]:
    if task.form == "program":
        return _programs(task, samples, lm, workers)
    make = _official_item if protocol == "official" else _clean_item
    return [make(task, sample, lm) for sample in samples]


def _official_item(task: Task, sample: Sample, lm: LM) -> Item:
    doc, prompt = sample["doc"], sample["arguments"][0][0]
    said = sample["resps"][0][0]
    echo, output = (
        _parted(prompt, said, lm) if sample["arguments"][0][1].get("echo") else (None, said)
    )
    verdict = protocols.OFFICIAL[task.form](said, doc["gold"], doc["options"])
    return judged(doc, prompt, output, verdict, echo=echo)


def _clean_item(task: Task, sample: Sample, lm: LM) -> Item:
    doc, prompt = sample["doc"], sample["arguments"][0][0]
    logs = [resps[0][0] for resps in sample["resps"]]
    per_character = task.form in protocols.PER_CHARACTER
    verdict = protocols.clean(logs, doc["gold"], doc["options"], per_character)
    assert verdict.answer is not None
    return judged(doc, prompt, verdict.answer, verdict, loglikelihoods=logs)


def _programs(task: Task, samples: Sequence[Sample], lm: LM, workers: int) -> list[Item]:
    """One item a completion, each run with its task's tests."""
    written = [
        programs.Written(sample["doc"], number, completion)
        for sample in samples
        for number, completion in enumerate(sample["resps"][0])
    ]
    return programs.run(task, written, workers, alive=_alive(lm))


def _alive(lm: LM) -> Callable[[int], None]:
    """Signs of life while programs run; their items were counted when they were written."""
    return lambda finished: lm.on_items(0)


def _parted(prompt: str, whole: str, lm: LM) -> tuple[str | None, str]:
    """A whole text as (echo, output). echo is None where the text begins with the prompt itself."""
    if whole.startswith(prompt):
        return None, whole[len(prompt) :]
    echo = _shared_start(lm.read_back(prompt), whole)
    return echo, whole[len(echo) :]


def _shared_start(one: str, other: str) -> str:
    pairs = zip(one, other, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    return one[:same]
