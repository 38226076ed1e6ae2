"""The tiny suite, its rows, and requests by hand: what several test files share."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets import Dataset
from lm_eval.api.instance import Instance

from evaluators.suites import Holdout, Suite, code, general, medical
from evaluators.suites.base import practice
from evaluators.suites.finance import FIQA, FPB, TFNS
from federated.program import JobDirectory

WORDS = (
    *("profit", "loss", "rose", "fell", "sales", "costs", "shares"),
    *("bank", "oil", "today", "quarter", "year", "grew", "shrank"),
)
REPOSITORY = Path(__file__).parents[2]
REFERENCE = REPOSITORY.parent / "shared" / "reference" / "runs"

TINY = Suite(
    "tiny",
    "Tiny",
    "1",
    (
        FPB._replace(key="wire", dataset="tiny/wire", configs=("default",), n=12, holdout=None),
        FIQA._replace(key="posts", dataset="tiny/posts", n=10, holdout=Holdout(0.25, 42)),
        TFNS._replace(key="tweets", dataset="tiny/tweets", n=None),
    ),
)

FORMS = Suite(
    "forms",
    "One task of each other form",
    "1",
    (
        practice(general.GROUPS[0], "facts", "Facts", "tiny/facts", configs=("one", "two")),
        practice(medical.PUBMEDQA, "trials", "Trials", "tiny/trials"),
        practice(
            code.HUMANEVAL,
            "functions",
            "Functions",
            "tiny/functions",
            generation={**code.HUMANEVAL.generation, "max_length": 80},
        ),
    ),
)

MakeJob = Callable[..., JobDirectory]


def sentence(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randint(2, 9)))


def rows(draw: random.Random, n: int, kind: str) -> list[dict[str, Any]]:
    if kind == "wire":
        return [{"sentence": sentence(draw), "label": draw.randrange(3)} for _ in range(n)]
    if kind == "tweets":
        return [{"text": sentence(draw), "label": draw.randrange(3)} for _ in range(n)]
    return [
        {
            "sentence": sentence(draw),
            "target": "X",
            "sentiment_score": draw.uniform(-1, 1),
            "format": draw.choice(["post", "headline"]),
        }
        for _ in range(n)
    ]


def facts(draw: random.Random, n: int, subject: str) -> list[dict[str, Any]]:
    return [
        {
            "question": f"{sentence(draw)} {place}",
            "subject": subject,
            "choices": [sentence(draw) for _ in range(4)],
            "answer": draw.randrange(4),
        }
        for place in range(n)
    ]


def trials(draw: random.Random, n: int) -> list[dict[str, Any]]:
    return [
        {
            "PMID": str(place),
            "QUESTION": f"{sentence(draw)}?",
            "CONTEXTS": [sentence(draw), sentence(draw)],
            "final_decision": ("yes", "no", "maybe")[place % 3],
            "LONG_ANSWER": "",
        }
        for place in range(n)
    ]


def functions(*constants: int) -> list[dict[str, Any]]:
    """Functions that answer a constant."""
    return [
        {
            "task_id": f"Tiny/{constant}",
            "prompt": f'def f{constant}():\n    """Return {constant}."""\n',
            "entry_point": f"f{constant}",
            "canonical_solution": f"    return {constant}\n",
            "test": f"def check(candidate):\n    assert candidate() == {constant}\n",
        }
        for constant in constants
    ]


def write_table(
    root: Path, name: str, split: str, table: list[dict[str, Any]], config: str = "default"
) -> None:
    folder = root / "datasets" / "tiny" / name / config
    folder.mkdir(parents=True, exist_ok=True)
    Dataset.from_list(table).to_parquet(str(folder / f"{split}.parquet"))


def generation(prompt: str, **kwargs: Any) -> Instance:
    """A request for a completion."""
    arguments = (prompt, {"until": [], "max_length": 48, "echo": True, **kwargs})
    return Instance("generate_until", {"item_id": prompt}, arguments, 0, ("t", 0, 1))


def continuations(prompt: str, *options: str) -> list[Instance]:
    """Requests for the log-likelihood of each option."""
    doc = {"item_id": prompt}
    return [
        Instance("loglikelihood", doc, (prompt, option), place, ("t", 0, 1))
        for place, option in enumerate(options)
    ]


def events(directory: JobDirectory) -> list[dict[str, Any]]:
    """The lines of the progress file."""
    lines = (directory.path / "progress.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]
