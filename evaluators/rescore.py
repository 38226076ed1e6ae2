"""`rescore DIR`: published FlowerTune outputs, scored again by our parser and compared.

A run is files beside one another, possibly gzipped:
    generation_<set>_<run>.jsonl    finance: one object a line with context, new_target, new_out,
                                    or the raw text as out_text or output
    acc_<set>_<run>.txt             "Accuracy: 0.59. "
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import protocols
from .suites import SENTIMENTS, SUITES, Task

ALL_EQUAL, DIFFERENT, NOTHING_USABLE = 0, 1, 2

Row = dict[str, Any]
Judge = Callable[[Row], bool]

FINANCE = {task.key: task for task in SUITES["finance"].tasks}
NOT_YET = {
    **dict.fromkeys(("pubmedqa", "medmcqa", "medqa", "careqa"), "medical"),
    **dict.fromkeys(("stem", "social_sciences", "humanities", "mmlu"), "general NLP"),
    **dict.fromkeys(("humaneval", "mbpp", "multiple-js", "multiple-cpp"), "code"),
}

GENERATION = re.compile(r"generations?_(?P<set>[^_.]+)(?P<run>_.*)?\.(?P<kind>jsonl?)(\.gz)?")
ACCURACY = re.compile(r"Accuracy:\s*(?P<value>\d+(\.\d+)?([eE]-?\d+)?)\.?\s*")


class Malformed(Exception):
    """A published file that cannot be read; names the file and, where there is one, the line."""


class Line(NamedTuple):
    """The outcome for one set."""

    set: str
    run: str
    n: int | None = None
    accuracy: float | None = None
    published: float | None = None
    equal: bool | None = None
    problem: str = ""
    """Why there is no comparison; empty where there is one."""

    def __str__(self) -> str:
        name = f"{self.set}{f' ({self.run})' if self.run else ''}"
        if self.problem:
            return f"{name}: {self.problem}"
        verdict = "equal" if self.equal else "DIFFERENT"
        return f"{name}: n {self.n}, ours {self.accuracy}, published {self.published}, {verdict}"


def command(arguments: list[str], usage: str) -> int:
    """`rescore DIR [--json]`: 0 all equal, 1 not, 2 nothing usable or a wrong call."""
    parser = argparse.ArgumentParser(prog="python -m evaluators rescore", usage=usage)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        print(f"{options.folder} is not a directory.", file=sys.stderr)
        return NOTHING_USABLE
    lines = rescore(options.folder)
    print(
        json.dumps([line._asdict() for line in lines], indent=2) if options.json else _said(lines)
    )
    return exit_code(lines)


def _said(lines: list[Line]) -> str:
    if not lines:
        return "Nothing to rescore here: no generation_<set>_*.jsonl[.gz]."
    return "\n".join(map(str, lines))


def exit_code(lines: list[Line]) -> int:
    """A set that we can score but not compare counts as different."""
    usable = [line for line in lines if line.accuracy is not None]
    if not usable:
        return NOTHING_USABLE
    broken = any(line.problem and line.set in FINANCE for line in lines)
    return ALL_EQUAL if all(line.equal for line in usable) and not broken else DIFFERENT


def rescore(folder: Path) -> list[Line]:
    """One line for each generation file in a folder, by set and run."""
    found = ((GENERATION.fullmatch(file.name), file) for file in sorted(folder.iterdir()))
    return [_line(file, match) for match, file in found if match and file.is_file()]


def _line(file: Path, match: re.Match[str]) -> Line:
    name, run = match["set"], (match["run"] or "").lstrip("_")
    if name not in FINANCE:
        track = NOT_YET.get(name)
        named = f"{name} ({track})" if track else f"a set named {name!r}"
        return Line(name, run, problem=f"not supported yet: {named}; known: {', '.join(FINANCE)}")
    try:
        return _compare(file, FINANCE[name], run)
    except Malformed as error:
        return Line(name, run, problem=str(error))


def _compare(file: Path, task: Task, run: str) -> Line:
    rows = list(read_rows(file))
    check_size(file, rows, task.n)
    correct = sum(judge(row) for row in _judged(file, rows))
    accuracy = correct / len(rows)
    published = read_accuracy(_beside(file, task.key, run))
    return Line(task.key, run, len(rows), accuracy, published, accuracy == published)


def _beside(file: Path, name: str, run: str) -> Path:
    return file.with_name(f"acc_{name}{f'_{run}' if run else ''}.txt")


def read_rows(file: Path) -> Iterator[Row]:
    """The objects of a JSONL file; `Malformed` names the line that is none."""
    for number, line in enumerate(_text(file).rstrip().split("\n"), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise Malformed(f"{file.name}, line {number}: not JSON ({error}).") from None
        if isinstance(row, list):
            raise Malformed(f"not supported yet: {file.name} holds a JSON array, not JSON lines")
        if not isinstance(row, dict):
            raise Malformed(f"{file.name}, line {number}: an object was wanted.")
        yield row


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
        return (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Malformed(f"{file.name}: damaged or cut off gzip ({error}).") from None
    except UnicodeDecodeError as error:
        raise Malformed(f"{file.name}: not UTF-8 ({error}).") from None


def check_size(file: Path, rows: list[Row], n: int | None) -> None:
    """`Malformed` unless there are `n` rows. The sets repeat some items themselves, so only a file
    with too many rows has a row too often; the first repeated one is named."""
    if n is None or len(rows) == n:
        return
    said = f"{file.name}: {len(rows)} outputs, the set has {n}"
    if len(rows) < n:
        raise Malformed(f"{said}; the file ends after line {len(rows)}.")
    first: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        before = first.setdefault(json.dumps(row, sort_keys=True), number)
        if before != number:
            raise Malformed(f"{said}; line {number} repeats line {before}.")
    raise Malformed(f"{said}; line {n + 1} is the first too many.")


def _judged(file: Path, rows: list[Row]) -> Iterator[Row]:
    """The rows, each checked for the columns that judging needs."""
    for number, row in enumerate(rows, 1):
        missing = [
            wanted
            for wanted in (("new_target", "target"), ("new_out", "out_text", "output"))
            if not any(isinstance(row.get(name), str) for name in wanted)
        ]
        if missing:
            raise Malformed(f"{file.name}, line {number}: no text in {' or '.join(missing[0])}.")
        yield row


def judge(row: Row) -> bool:
    """Whether an output is right: the raw text where it is kept, else the answer read from it.

    out_text is the answer segment itself; output may be the whole text or what follows the prompt.
    """
    gold = protocols.sentiment_in(row.get("new_target") or row["target"])
    return _answer(row) == gold


def _answer(row: Row) -> str:
    if isinstance(segment := row.get("out_text"), str):
        return protocols.sentiment_in(segment)
    if isinstance(output := row.get("output"), str):
        context = row.get("context") or row.get("prompt") or protocols.MARKER
        whole = output if output.startswith(context) else context + output
        return protocols.official(whole, "", SENTIMENTS).answer
    return protocols.sentiment_in(row["new_out"])


def read_accuracy(file: Path) -> float:
    """The fraction in an accuracy file."""
    if not file.is_file():
        raise Malformed(f"{file.name} is missing, so there is nothing to compare with.")
    match = ACCURACY.fullmatch(_text(file))
    if not match or float(match["value"]) > 1:
        raise Malformed(f"{file.name}, line 1: 'Accuracy: <fraction>. ' was wanted.")
    return float(match["value"])
