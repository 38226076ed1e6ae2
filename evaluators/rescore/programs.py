"""Published programs, run again in the sandbox and compared with the published pass@1.

A run is the bigcode harness's files beside one another, possibly gzipped:
    generations_<task>.json         a list a problem, of whole programs: prompt and completion
    references_<task>.json          the dataset's tests, one text a problem
    evaluation_results_<task>.json  {task: {"pass@1": ...}}

What differs from the harness, which runs program and tests in one interpreter on the bare host:
programs are isolated, answers are plain values, the standard library is all there is to import,
and the time limit is 10 s of wall clock and 8 s of processor time (there 3 s for Python).

Three of HumanEval's tests call helper functions that stand in the prompt. The examiner runs
trusted text only, so they are read from the published program's beginning if and only if that
is the dataset's prompt, byte for byte; in a program that begins otherwise these tests fail.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import sandbox
from ..sandbox import Language, Program
from .files import text_of
from .lines import Line, Malformed


class Kind(NamedTuple):
    """A task of the harness."""

    language: Language
    n: int
    entry_point: re.Pattern[str] | None = None
    """Where the tests name the function under test."""


TASKS = {
    "humaneval": Kind("python", 164, re.compile(r"^check\((\w+)\)\s*\Z", re.MULTILINE)),
    "mbpp": Kind("python", 500),
    "multiple-js": Kind("javascript", 161),
    "multiple-cpp": Kind("cpp", 161),
}
GENERATIONS = re.compile(r"generations_(?P<task>[^_.]+)\.json(\.gz)?")


class Prompt(NamedTuple):
    """A prompt that brings functions which the tests call."""

    length: int
    sha256: str
    """The first 16 bytes, of its UTF-8."""


HELPFUL = {
    "find_zero": Prompt(758, "5a9a7c14f27759cd55c58a11febbbbee"),
    "decode_cyclic": Prompt(564, "0a145a424c4c587f2119e4f244a6c88e"),
    "decode_shift": Prompt(330, "a6242a2e9625c64d86448391e307952d"),
}
"""HumanEval/32, 38 and 50, stripped as the harness strips them."""


def rescore_programs(folder: Path, workers: int) -> list[Line]:
    """One line for each file of generations in a folder, by task."""
    found = ((GENERATIONS.fullmatch(file.name), file) for file in sorted(folder.iterdir()))
    return [_line(file, match["task"], workers) for match, file in found if match]


def _line(file: Path, task: str, workers: int) -> Line:
    if task not in TASKS:
        return Line(task, "", problem=f"not a task that we know; known: {', '.join(TASKS)}")
    try:
        return _compare(file, task, workers)
    except (Malformed, sandbox.NoIsolation) as error:
        return Line(task, "", problem=str(error))


def _compare(file: Path, task: str, workers: int) -> Line:
    kind = TASKS[task]
    if lacking := sandbox.missing(kind.language):
        raise sandbox.NoIsolation(lacking)
    generations = _read(file, is_programs, "lists of programs")
    references = _read(_beside(file, "references", task), is_text, "texts")
    if not len(generations) == len(references) == kind.n:
        sizes = f"{len(generations)} problems, {len(references)} tests"
        raise Malformed(f"{file.name}: {sizes}; the set has {kind.n}.")
    published = _published(_beside(file, "evaluation_results", task), task)
    accuracy = pass_at_1(kind, generations, references, workers)
    return Line(task, "", kind.n, accuracy, published, accuracy == published)


def _beside(file: Path, stem: str, task: str) -> Path:
    plain = file.with_name(f"{stem}_{task}.json")
    packed = plain.with_name(f"{plain.name}.gz")
    if not plain.is_file() and not packed.is_file():
        raise Malformed(f"{plain.name} is missing, so there is nothing to compare with.")
    return plain if plain.is_file() else packed


def _read(file: Path, holds: Callable[[Any], bool], wanted: str) -> list[Any]:
    rows = _json(file)
    if not isinstance(rows, list) or not all(map(holds, rows)):
        raise Malformed(f"{file.name}: a list of {wanted} was wanted.")
    return rows


def is_text(row: Any) -> bool:
    """What a reference is."""
    return isinstance(row, str)


def is_programs(row: Any) -> bool:
    """What a problem's generations are."""
    return isinstance(row, list) and bool(row) and all(map(is_text, row))


def _json(file: Path) -> Any:
    try:
        return json.loads(text_of(file))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{file.name}: not JSON ({error}).") from None


def _published(file: Path, task: str) -> float:
    try:
        return float(_json(file)[task]["pass@1"])
    except (KeyError, TypeError, ValueError):
        raise Malformed(f'{file.name}: {{"{task}": {{"pass@1": ...}}}} was wanted.') from None


def pass_at_1(
    kind: Kind, generations: Sequence[list[str]], references: Sequence[str], workers: int
) -> float:
    """The mean over the problems of the share of their programs that pass."""
    programs = [
        program(kind, code, tests)
        for codes, tests in zip(generations, references, strict=True)
        for code in codes
    ]
    passed = iter([verdict.passed for verdict in sandbox.judge_all(programs, workers)])
    shares = [sum(next(passed) for _ in codes) / len(codes) for codes in generations]
    return math.fsum(shares) / len(shares)


def program(kind: Kind, code: str, tests: str) -> Program:
    """A published program and its tests."""
    named = kind.entry_point.search(tests) if kind.entry_point else None
    entry_point = named[1] if named else ""
    return Program(kind.language, code, tests, entry_point, given=given(code, entry_point))


def given(code: str, entry_point: str) -> str:
    """The dataset's prompt where the tests need it and the program begins with it; else ""."""
    prompt = HELPFUL.get(entry_point)
    beginning = code[: prompt.length] if prompt else ""
    found = hashlib.sha256(beginning.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return beginning if prompt and found == prompt.sha256 else ""
