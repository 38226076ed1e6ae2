"""A task's items: read through the hub, selected, and each turned into a question and its gold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from federated import hub
from federated.job import Pin

from .errors import BadData, NotInHub, Unscored
from .suites import Task

if TYPE_CHECKING:
    from datasets import Dataset

Document = dict[str, Any]
"""item_id, gold, options, instruction, and the fields of the question (`suites/questions.py`)."""


class Documents(NamedTuple):
    """The items of one task, in order, and exactly which data they are."""

    pin: Pin
    items: list[Document]


def read(task: Task, limit: int | None) -> Documents:
    """All items, or the first `limit`; `Unscored` with the reason where the data do not serve."""
    try:
        pin = hub.pin_dataset(task.dataset, _revision(task))
        table = select(task, _concatenated(task, pin))
    except (NotInHub, BadData) as error:
        raise Unscored(error.message) from error
    if task.n is not None and len(table) != task.n:
        raise Unscored(f"{task.dataset} gives {len(table)} items, {task.n} were wanted.")
    rows = table.select(range(min(limit or len(table), len(table))))
    return Documents(pin, [_document(task, row) for row in rows])


LABELS = ("task_id", "name")
"""Columns in which datasets name their items."""


def labels(task: Task, limit: int) -> list[str]:
    """How the dataset itself names the first `limit` items; [] where it does not."""
    for name in LABELS:
        if found := column(task, name, limit):
            return [str(each) for each in found]
    return []


def column(task: Task, name: str, limit: int) -> list[Any]:
    """A column that the question does not need, of the first `limit` items; [] without one."""
    try:
        pin = hub.pin_dataset(task.dataset, _revision(task))
        table = select(task, _concatenated(task._replace(columns=(name,)), pin))
    except (NotInHub, BadData):
        return []
    return list(table[name][:limit])


def _revision(task: Task) -> str:
    """A folder source knows "main" only, whatever branch the hub needs."""
    on_the_hub = isinstance(hub.source_of(task.dataset), hub.HuggingFace)
    return task.revision if on_the_hub else "main"


def _concatenated(task: Task, pin: Pin) -> Dataset:
    """The tables one after another, with each row's place in `place`."""
    from datasets import concatenate_datasets

    parts = [
        hub.load_table(pin, config, split, task.columns).select_columns(list(task.columns))
        for config in task.configs
        for split in task.splits
    ]
    try:
        whole = concatenate_datasets(parts)
    except ValueError as error:
        raise Unscored(f"The tables of {task.dataset} do not fit together: {error}") from error
    return whole.add_column("place", list(range(len(whole))))


def select(task: Task, table: Dataset) -> Dataset:
    """The rows of a table that are test items."""
    if task.holdout is None:
        return table
    if len(table) < 2:
        raise Unscored(f"{task.dataset} has {len(table)} row, too few to split.")
    split = table.train_test_split(task.holdout.share, seed=task.holdout.seed)
    return split["test"]


def _document(task: Task, row: dict[str, Any]) -> Document:
    place = row["place"]
    try:
        question = task.read(row)
        if task.options and question.gold not in task.options:
            raise ValueError(f"the answer is {question.gold!r}, one of {task.options} was wanted")
    except (ValueError, TypeError, KeyError) as error:
        raise Unscored(f"{task.dataset}, row {place}: {error}.") from error
    return {
        **question._asdict(),
        "item_id": f"{task.key}-{place}",
        "gold": question.gold,
        "options": list(task.options),
        "instruction": task.instruction,
    }
