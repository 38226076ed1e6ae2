"""Published answers to questions, read again by our reading of each set.

A run is files beside one another, possibly gzipped:
    generation_<set>_<run>.jsonl    one object a question, as JSON lines or one JSON array
                                    finance: context, new_target, new_out, or the raw text as
                                    out_text or output; the others: prompt, gold, output
    acc_<set>_<run>.txt             "Accuracy: 0.59. "
MMLU's sets carry their group: generation_mmlu_stem_<run>.jsonl.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .. import protocols
from ..protocols import sentiment
from ..suites import SUITES, Task
from .files import Row, check_size, read_accuracy, read_rows
from .lines import Line, Malformed

GENERATION = re.compile(r"generation_(?P<name>.+)\.jsonl(\.gz)?")

PREFIXES = {"general": "mmlu_"}
SETS: dict[str, Task] = {
    f"{PREFIXES.get(suite, '')}{task.key}": task
    for suite in ("general", "finance", "medical")
    for task in SUITES[suite].tasks
}
"""By the name that files carry."""

Wanted = Sequence[tuple[str, ...]]
FINANCE: Wanted = (("new_target", "target"), ("new_out", "out_text", "output"))
OTHERS: Wanted = (("gold",), ("output",))


class Named(NamedTuple):
    """What a file's name says: the set, and the run's own name."""

    set: str
    run: str


def rescore_answers(folder: Path) -> list[Line]:
    """One line for each generation file in a folder, by set and run."""
    found = ((GENERATION.fullmatch(file.name), file) for file in sorted(folder.iterdir()))
    return [_line(file, named(match["name"])) for match, file in found if match and file.is_file()]


def named(name: str) -> Named:
    """The longest known set that the name begins with, else its first word."""
    known = [key for key in SETS if name == key or name.startswith(f"{key}_")]
    key = max(known, key=len, default=name.partition("_")[0])
    return Named(key, name[len(key) :].removeprefix("_"))


def _line(file: Path, name: Named) -> Line:
    task = SETS.get(name.set)
    if task is None:
        problem = f"a set named {name.set!r} is not known; known: {', '.join(SETS)}"
        return Line(name.set, name.run, problem=problem)
    try:
        return _compare(file, task, name)
    except Malformed as error:
        return Line(name.set, name.run, problem=str(error))


def _compare(file: Path, task: Task, name: Named) -> Line:
    rows = read_rows(file)
    check_size(file, rows, task.n)
    correct = sum(judge(task, row) for row in _judged(file, task, rows))
    accuracy = correct / len(rows)
    suffix = f"_{name.run}" if name.run else ""
    published = read_accuracy(file.with_name(f"acc_{name.set}{suffix}.txt"))
    return Line(name.set, name.run, len(rows), accuracy, published, accuracy == published)


def _judged(file: Path, task: Task, rows: list[Row]) -> Iterator[Row]:
    """The rows, each checked for the columns that judging needs."""
    for number, row in enumerate(rows, 1):
        missing = [
            wanted
            for wanted in (FINANCE if task.form == "sentiment" else OTHERS)
            if not any(isinstance(row.get(name), str) for name in wanted)
        ]
        if missing:
            raise Malformed(f"{file.name}, line {number}: no text in {' or '.join(missing[0])}.")
        yield row


def judge(task: Task, row: Row) -> bool:
    """Whether an output is right."""
    if task.form != "sentiment":
        read = protocols.OFFICIAL[task.form]
        return read(row["output"], row["gold"], task.options).correct
    gold = sentiment.sentiment_in(row.get("new_target") or row["target"])
    return _sentiment(row, task.options) == gold


def _sentiment(row: Row, options: Sequence[str]) -> str | None:
    """The raw text's sentiment where it is kept, else the answer that was read from it.

    out_text is the answer segment itself; output may be the whole text or what follows the prompt.
    """
    if isinstance(segment := row.get("out_text"), str):
        return sentiment.sentiment_in(segment)
    if isinstance(output := row.get("output"), str):
        context = row.get("context") or row.get("prompt") or sentiment.MARKER
        whole = output if output.startswith(context) else context + output
        return sentiment.official(whole, "", options).answer
    return sentiment.sentiment_in(row["new_out"])
