"""`rescore DIR`: published FlowerTune outputs, scored again by us and compared to the digit.

`answers` reads what models answered to questions; `programs` runs, in the sandbox, what they wrote.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from .answers import SETS, rescore_answers
from .lines import Line, Malformed
from .programs import TASKS, rescore_programs

ALL_EQUAL, DIFFERENT, NOTHING_USABLE = 0, 1, 2

__all__ = ["Line", "Malformed", "command", "exit_code", "rescore"]


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


def rescore(folder: Path) -> list[Line]:
    """One line for each set in a folder."""
    return rescore_answers(folder) + rescore_programs(folder, workers=os.cpu_count() or 1)


def _said(lines: list[Line]) -> str:
    if not lines:
        return (
            "Nothing to rescore here: no generation_<set>_*.jsonl[.gz], "
            "no generations_<task>.json[.gz]."
        )
    return "\n".join(map(str, lines))


def exit_code(lines: list[Line]) -> int:
    """A known set that could not be compared counts as different; an unknown one not at all."""
    usable = [line for line in lines if line.accuracy is not None]
    if not usable:
        return NOTHING_USABLE
    broken = any(line.problem and line.set in (*SETS, *TASKS) for line in lines)
    return ALL_EQUAL if all(line.equal for line in usable) and not broken else DIFFERENT
