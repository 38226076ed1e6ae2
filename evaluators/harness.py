"""The one place that calls lm_eval: builds our tasks on data from the hub and asks a model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset
from lm_eval.api.model import LM
from lm_eval.api.task import ConfigurableTask
from lm_eval.evaluator import evaluate
from lm_eval.tasks._yaml_loader import load_yaml

from . import protocols
from .documents import Document
from .items import Item, sha256
from .job import Protocol
from .suites import Task

DEFINITIONS = Path(__file__).parent / "tasks"

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
    return ConfigurableTask(config=definition)


def ask(task: Task, protocol: Protocol, documents: list[Document], lm: LM) -> Answers:
    """Every item put to the model; `Unscored` where the model's numbers are none."""
    built = build(task, protocol, documents)
    name = f"{task.key}-{protocol}"
    found = evaluate(lm, {name: built}, bootstrap_iters=2, log_samples=True)
    samples = sorted(found["samples"][name], key=lambda sample: sample["doc_id"])
    make = _official_item if protocol == "official" else _clean_item
    return Answers([make(sample, lm) for sample in samples], found["results"][name])


def _official_item(sample: dict[str, Any], lm: LM) -> Item:
    doc, prompt = sample["doc"], sample["arguments"][0][0]
    whole = sample["resps"][0][0]
    echo, output = _parted(prompt, whole, lm)
    verdict = protocols.official(whole, doc["gold"], doc["options"])
    return _item(doc, prompt, echo, output, verdict, None)


def _clean_item(sample: dict[str, Any], lm: LM) -> Item:
    doc, prompt = sample["doc"], sample["arguments"][0][0]
    logs = [resps[0][0] for resps in sample["resps"]]
    verdict = protocols.clean(logs, doc["gold"], doc["options"])
    return _item(doc, prompt, None, verdict.answer, verdict, logs)


def _item(
    doc: Document,
    prompt: str,
    echo: str | None,
    output: str,
    verdict: protocols.Verdict,
    logs: list[float] | None,
) -> Item:
    return Item(
        item_id=doc["item_id"],
        prompt_sha256=sha256(prompt),
        prompt=prompt,
        echo=echo,
        output=output,
        answer=verdict.answer,
        gold=doc["gold"],
        correct=verdict.correct,
        compliant=verdict.compliant,
        loglikelihoods=logs,
    )


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
