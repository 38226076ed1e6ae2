"""The rows of one file of outputs, read strictly: how many, and every one that does not serve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from evaluators.job import Format
from evaluators.outputs.names import Member
from federated.reading import Problem

from . import strict_json
from .contract import MAX_EXPANSION, MAX_OUTPUT_BYTES
from .strict_json import BadJson

MAX_TOLD = 20
"""Problems of one file that are told one by one."""


class Looked(NamedTuple):
    """What a file of outputs holds."""

    member: Member
    rows: int
    ids: Counter[str]
    """Of HumanEval's rows, how many each task has."""
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """For words and places."""
        return self.member.file.name


def look_at(member: Member) -> Looked:
    """Read a whole file once."""
    if member.file.suffix == ".gz":
        problem = Problem(member.file.name, None, "gzipped", "put the unpacked file into the zip")
        return Looked(member, 0, Counter(), (problem,))
    check, rows, ids = CHECKS[member.format], 0, Counter[str]()
    problems: list[Problem] = []
    for line, row in read(member.file):
        rows += 1
        if isinstance(row, BadJson):
            problems.append(Problem(member.file.name, row.line, row.message, row.hint))
        elif wrong := check(row):
            problems.append(Problem(member.file.name, line, *wrong))
        elif member.format == "humaneval":
            ids[str(row["task_id"])] += 1
    if not rows:
        problems.append(Problem(member.file.name, None, "there are no rows"))
    return Looked(member, rows, ids, _told(member.file.name, problems))


def read(file: Path) -> Iterator[tuple[int | None, Any | BadJson]]:
    """(line, row): lines of JSON, or the elements of one array, which have no line."""
    if not _is_array(file):
        yield from strict_json.read_lines(file)
        return
    try:
        rows = strict_json.read(file, MAX_OUTPUT_BYTES * MAX_EXPANSION)
    except BadJson as refused:
        rows = [refused]
    yield from ((None, row) for row in rows)


def first_row(file: Path) -> Any:
    """What stands first in a file; None where it is nothing readable."""
    found = next(iter(read(file)), (None, None))[1]
    return None if isinstance(found, BadJson) else found


def _is_array(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(64).lstrip().startswith(b"[")


def _told(name: str, problems: list[Problem]) -> tuple[Problem, ...]:
    if len(problems) <= MAX_TOLD:
        return tuple(problems)
    more = Problem(name, None, f"{len(problems) - MAX_TOLD:,} more rows have problems")
    return (*problems[:MAX_TOLD], more)


Wrong = tuple[str, str] | None
"""What was found and wanted in a row, and a hint."""


def _sample(row: Any) -> Wrong:
    lacking = _lacking(row, ("arguments", (dict, list)), ("resps", (list,)))
    return lacking and (lacking, "lm-eval writes both with --log_samples")


def _generation(row: Any) -> Wrong:
    lacking = _lacking(row)
    if not lacking and not _any_text(row, "prompt", "context"):
        lacking = f"no text in prompt or context, found {_keys(row)}"
    if not lacking and not _any_text(row, "output", "out_text", "new_out"):
        lacking = f"no text in output, out_text or new_out, found {_keys(row)}"
    return (lacking, "a row keeps the question and what was answered") if lacking else None


def _programs(row: Any) -> Wrong:
    if isinstance(row, list) and row and all(isinstance(code, str) for code in row):
        return None
    return f"a {_kind(row)} found, a list of programs was wanted", "one list a problem"


def _program(row: Any) -> Wrong:
    lacking = _lacking(row, ("task_id", (str, int)))
    if not lacking and not _any_text(row, "solution", "completion"):
        lacking = f"no text in solution or completion, found {_keys(row)}"
    return (
        (lacking, "solution is a whole program, completion follows the prompt")
        if (lacking)
        else None
    )


def _lacking(row: Any, *wanted: tuple[str, tuple[type, ...]]) -> str:
    if not isinstance(row, dict):
        return f"a {_kind(row)} found, an object was wanted"
    missing = [name for name, types in wanted if not isinstance(row.get(name), types)]
    return f"no {' and no '.join(missing)}, found {_keys(row)}" if missing else ""


def _any_text(row: dict[str, Any], *names: str) -> bool:
    return any(isinstance(row.get(name), str) for name in names)


def _keys(row: dict[str, Any]) -> str:
    return ", ".join(key[:30] for key in list(row)[:6]) or "no keys"


def _kind(row: Any) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "truth value", type(None): "null"}
    return names.get(type(row), "number")


CHECKS: dict[Format, Callable[[Any], Wrong]] = {
    "lm-eval": _sample,
    "flowertune": _generation,
    "bigcode": _programs,
    "humaneval": _program,
}
