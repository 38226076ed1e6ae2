"""Which tool wrote a folder of outputs, and which file holds what: by the files' names. Light.

lm-eval     samples_<task>_<date>.jsonl          beside results_<date>.json
flowertune  generation_<set>_<run>.jsonl         beside acc_<set>_<run>.txt
bigcode     generations_<task>.json              beside references_... and evaluation_results_...
humaneval   <any other>.jsonl of task_id with solution or completion
Each may be gzipped, and lie in folders inside the upload.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..job import Format
from ..suites import SUITES, Suite, Task

TITLES: dict[Format, str] = {
    "lm-eval": "lm-evaluation-harness",
    "flowertune": "FlowerTune",
    "bigcode": "bigcode-evaluation-harness",
    "humaneval": "HumanEval or EvalPlus",
}
PATTERNS: dict[Format, re.Pattern[str]] = {
    "lm-eval": re.compile(r"samples_(?P<set>.+)_(?P<run>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl(\.gz)?"),
    "flowertune": re.compile(r"generation_(?P<set>.+)\.jsonl(\.gz)?"),
    "bigcode": re.compile(r"generations_(?P<set>.+)\.json(\.gz)?"),
    "humaneval": re.compile(r"(?P<set>.+)\.jsonl(\.gz)?"),
}
"""The last fits all that is left."""

VERDICTS = "_results.jsonl"
"""Ends the file that HumanEval's own evaluation writes beside the samples."""

RESULTS = re.compile(r"results_(?P<run>\d{4}-\d\d-\d\dT[\d.-]+)\.json")
PREFIXES = {"general": "mmlu_"}
"""What FlowerTune's names put before a set's own."""


class Member(NamedTuple):
    """A file of outputs, and what its name says."""

    file: Path
    format: Format
    set: str
    run: str = ""


def members(folder: Path) -> list[Member]:
    """Every file of outputs in a folder, in the order of their paths."""
    found = (_member(file) for file in _files(folder))
    return [member for member in found if member]


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "__")) for part in file.relative_to(folder).parts)
        if not hidden and file.is_file() and not file.is_symlink():
            yield file


def _member(file: Path) -> Member | None:
    if file.name.endswith(VERDICTS):
        return None
    for format, pattern in PATTERNS.items():
        if match := pattern.fullmatch(file.name):
            said = match.groupdict()
            if format == "flowertune":
                return Member(file, format, *named(said["set"]))
            return Member(file, format, said["set"], said.get("run", ""))
    return None


def sets_of(suite: Suite) -> dict[str, Task]:
    """A suite's tasks by each name that files give them."""
    prefix = PREFIXES.get(suite.key, "")
    return {name: task for task in suite.tasks for name in (task.key, f"{prefix}{task.key}")}


def named(name: str) -> tuple[str, str]:
    """A set and a run: the longest known set that the name begins with, else its first word."""
    known = [
        key
        for suite in SUITES.values()
        for key in sets_of(suite)
        if name == key or name.startswith(f"{key}_")
    ]
    key = max(known, key=len, default=name.partition("_")[0])
    return key, name[len(key) :].removeprefix("_")


def suites_with(name: str) -> list[str]:
    """The keys of the suites that have a set of this name."""
    return [suite.key for suite in SUITES.values() if name in sets_of(suite)]


def beside(file: Path, name: str) -> Path | None:
    """A neighbour of that name, plain or gzipped."""
    for neighbour in (file.with_name(name), file.with_name(f"{name}.gz")):
        if neighbour.is_file() and not neighbour.is_symlink():
            return neighbour
    return None


def accuracy_of(member: Member) -> Path | None:
    """The file beside a FlowerTune generation that claims its accuracy."""
    stem = member.file.name.removeprefix("generation_").partition(".jsonl")[0]
    return beside(member.file, f"acc_{stem}.txt")


def results_of(member: Member) -> Path | None:
    """lm-eval's results beside samples: of the same date, else the only ones there are."""
    if same := beside(member.file, f"results_{member.run}.json"):
        return same
    others = [file for file in member.file.parent.iterdir() if RESULTS.fullmatch(file.name)]
    return others[0] if len(others) == 1 else None
