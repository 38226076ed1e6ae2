"""What lm-eval's results_<date>.json says of the samples beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evaluators.outputs.names import RESULTS, Member, results_of
from federated.reading import Problem

from . import strict_json
from .contract import MAX_OUTPUT_BYTES, Found
from .strict_json import BadJson

BASE = re.compile(r"(?:^|,)pretrained=([^,\s]+)")


class Results(NamedTuple):
    """The results files of an upload."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    base_model: str | None = None
    effective: Mapping[str, tuple[str, int]] = {}
    """By the name of a file of samples: its task, and how many samples the scores are over."""

    def warnings_for(self, rows: Mapping[str, int]) -> tuple[Problem, ...]:
        """The warnings, and each file with fewer rows than its score was taken over."""
        short = [
            Problem(
                file,
                None,
                f"{rows[file]:,} rows, but the score of {task} is over {n:,}: "
                "it cannot be checked and will stay unscored",
                "log every sample (--log_samples without a limit)",
            )
            for file, (task, n) in self.effective.items()
            if rows.get(file, n) < n
        ]
        return (*self.warnings, *short)


NOTHING = Results()


def look(members: Sequence[Member]) -> Results:
    """Everything that the results say; nothing of it decides a score."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    bases: list[str] = []
    effective: dict[str, tuple[str, int]] = {}
    read: dict[Path, Any] = {}
    for member in members:
        file = results_of(member)
        if file is None:
            continue
        if file not in read:
            read[file] = _read(file, problems)
            warnings += _warnings(file.name, read[file])
            bases += _base(read[file])
        if n := _effective(read[file], member.set):
            effective[member.file.name] = (member.set, n)
    for file, found in read.items():
        warnings += _without_rows(file.name, found, {member.set for member in members})
    return Results(tuple(problems), tuple(warnings), bases[0] if bases else None, effective)


def without_samples(folder: Path) -> Found:
    """Scores alone: nothing can be scored again."""
    files = [file for file in sorted(folder.rglob("*.json")) if RESULTS.fullmatch(file.name)]
    if not files:
        return Found(None)
    problem = Problem(
        files[0].name,
        None,
        "scores without samples: there is nothing to score again",
        "run lm-eval with --log_samples, or hand the numbers in as reported",
    )
    return Found("outputs", "lm-eval", "Scores of lm-evaluation-harness", problems=(problem,))


def _read(file: Path, problems: list[Problem]) -> Any:
    try:
        found = strict_json.read(file, MAX_OUTPUT_BYTES)
    except BadJson as refused:
        problems.append(Problem(file.name, refused.line, refused.message, refused.hint))
        return {}
    if not isinstance(found, dict):
        problems.append(Problem(file.name, None, "an object was wanted"))
        return {}
    return found


def _inner(found: Any, *path: str) -> Any:
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _effective(found: Any, task: str) -> int:
    n = _inner(found, "n-samples", task, "effective")
    return n if isinstance(n, int) else 0


def _warnings(name: str, found: Any) -> list[Problem]:
    told = []
    limit = _inner(found, "config", "limit")
    if limit is not None:
        told.append(Problem(name, None, f"run with a limit of {limit!s:.20}: a part of each test"))
    if "trust_remote_code=True" in str(_inner(found, "config", "model_args")):
        told.append(Problem(name, None, "the model ran code of its own (trust_remote_code)"))
    return told


def _without_rows(name: str, found: Any, sets: set[str]) -> list[Problem]:
    """Tasks with a score and no samples; a group's own score is not a task's."""
    scored = _inner(found, "n-samples")
    missing = [task for task in scored if task not in sets] if isinstance(scored, dict) else []
    return [
        Problem(name, None, f"a score of {task[:60]} without its samples: it will stay unscored")
        for task in missing[:10]
    ]


def _base(found: Any) -> list[str]:
    args = _inner(found, "config", "model_args")
    if isinstance(args, dict):
        return [str(args["pretrained"])[:120]] if "pretrained" in args else []
    return BASE.findall(args)[:1] if isinstance(args, str) else []
