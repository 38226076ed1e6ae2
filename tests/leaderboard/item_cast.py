"""Items files for tests: a few answers of every form, stored as a worker would store them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from leaderboard import storage
from leaderboard.models import Attempt, Score, Submission, TaskScore

Row = dict[str, Any]

TYPES: dict[str, pa.DataType] = {
    "item_id": pa.string(),
    "sample": pa.int32(),
    "group": pa.string(),
    "prompt_sha256": pa.string(),
    "prompt": pa.string(),
    "echo": pa.string(),
    "output": pa.string(),
    "answer": pa.string(),
    "gold": pa.string(),
    "options": pa.list_(pa.string()),
    "correct": pa.bool_(),
    "compliant": pa.bool_(),
    "loglikelihoods": pa.list_(pa.float64()),
    "reason": pa.string(),
    "stdout": pa.string(),
    "seconds": pa.float64(),
}
NEW = ("sample", "group", "options", "reason", "stdout", "seconds")
"""What files of the first evaluator lack."""

QUESTION = "Answer the following multiple choice question.\nQuestion: {}\n\nOptions:\n{}"
LETTERS = "ABCD"


def row(item_id: str, prompt: str, output: str, answer: str | None, gold: str, **more: Any) -> Row:
    """One answer; right when it is the gold one, in form unless told otherwise."""
    made: Row = {
        **dict.fromkeys(TYPES),
        "item_id": item_id,
        "sample": 0,
        "group": "",
        "prompt_sha256": hashlib.sha256(prompt.encode()).hexdigest(),
        "prompt": prompt,
        "output": output,
        "answer": answer,
        "gold": gold,
        "correct": answer == gold,
        "compliant": True,
    }
    return {**made, **more}


def choice(place: int, question: str, answer: str, gold: str, group: str = "", **more: Any) -> Row:
    """A lettered question whose likeliest option has half of the weight."""
    options = "\n".join(f"{letter}. {letter.lower()} of {place}" for letter in LETTERS)
    prompt = QUESTION.format(question, f"{options}\nThe answer is:")
    weights = {"loglikelihoods": [-0.7 if letter == answer else -2.5 for letter in LETTERS]}
    names = {"options": list(LETTERS)}
    return (
        row(f"stem-{place}", prompt, answer, answer, gold, group=group, **names, **weights) | more
    )


def program(place: int, sample: int, passed: bool, reason: str, **more: Any) -> Row:
    """One of several programs for a problem."""
    prompt = f'def add_{place}(a, b):\n    """Add {place} to the sum.\n    """\n'
    tests = f"assert add_{place}(1, 2) == {3 + place}"
    known = {"correct": passed, "reason": reason, "stdout": "", "seconds": 0.25}
    output = "    return a + b\n"
    return (
        row(f"code-{place}", prompt, output, prompt + output, tests, sample=sample) | known | more
    )


FOUR = (
    choice(0, "What is a group?", "A", "A", "abstract_algebra"),
    choice(1, "What is a ring?", "B", "C", "abstract_algebra"),
    choice(2, "What is a star?", "C", "C", "astronomy"),
    choice(3, "What is a planet?", "D", "A", "astronomy", compliant=False),
)
"""Two right, two wrong; two groups of two; one is not in form."""

PROGRAMS = (
    program(0, 0, True, "passed"),
    program(0, 1, True, "passed"),
    program(1, 0, True, "passed"),
    program(1, 1, False, "wrong answer", stdout="<b>7</b>\n"),
    program(2, 0, False, "timed out", compliant=False),
    program(2, 1, False, "wrong answer"),
)
"""Two samples each: right, partly right, wrong."""


def file_of(rows: Any, folder: Path, old: bool = False) -> Path:
    """A parquet file as the evaluator writes it; `old` as the first evaluator wrote it."""
    names = [name for name in TYPES if not (old and name in NEW)]
    schema = pa.schema([(name, TYPES[name]) for name in names])
    plain = [{name: row[name] for name in names} for row in rows]
    file = folder / "items.parquet"
    pq.write_table(pa.Table.from_pylist(plain, schema=schema), file)
    return file


def stored(rows: Any, folder: Path, old: bool = False) -> str:
    """The digest of a stored items file."""
    return storage.put(file_of(rows, folder, old))


def submission(owner: Any, name: str = "Prox, gently", domain: str = "finance") -> Submission:
    """A published submission without scores."""
    pin = {"repo": "tiny/llama", "revision": "main", "sha256": ""}
    made = Submission.objects.create(
        owner=owner, name=name, domain=domain, method="fedprox", base_model="tiny/llama",
        recipe={}, recipe_text="", recipe_sha256="0" * 64, base_pin=pin, dataset_pin=pin,
    )  # fmt: skip
    now = timezone.now()
    Attempt.objects.create(submission=made, stage="published", stage_since=now, queued_at=now)
    return made


def score(made: Submission, tasks: dict[str, str], version: str = "2", **more: Any) -> Score:
    """A score whose tasks have these items files; a task without one could not be loaded."""
    found = Score.objects.create(
        submission=made, attempt=made.attempts.get(), suite=made.domain, suite_version="1",
        evaluator_version=version, average=0.5, low=0.4, high=0.6, **{"protocol": "clean", **more},
    )  # fmt: skip
    TaskScore.objects.bulk_create(
        TaskScore(
            score=found, position=position, task=task, n=4 if items else 0, chance=0.25,
            accuracy=0.5 if items else None, items=items,
            unscored="" if items else "the data could not be loaded",
        )
        for position, (task, items) in enumerate(tasks.items())
    )  # fmt: skip
    return found
