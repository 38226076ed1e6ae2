"""`python -m evaluators JOB_DIR` evaluates; `python -m evaluators rescore DIR` checks a score."""

from __future__ import annotations

import os
import sys

from federated.program import JobDirectory, Json, main

USAGE = """usage: python -m evaluators JOB_DIR
       python -m evaluators rescore DIR [--json]

JOB_DIR  holds job.json (see evaluators/job.py); scores go to result.json, items to items/
DIR      holds published outputs: generation_<set>_*.jsonl[.gz] beside acc_<set>_*.txt"""


def evaluate(directory: JobDirectory) -> Json:
    """The engine, imported when it is needed; progress.jsonl replaces the libraries' bars."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    from .engine import run

    return run(directory)


def start(arguments: list[str]) -> int:
    """The exit code of a command line."""
    if arguments[:1] == ["rescore"]:
        from .rescore import command

        return command(arguments[1:], USAGE)
    return main(arguments, evaluate, USAGE)


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
