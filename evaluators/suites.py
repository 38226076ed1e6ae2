"""Which tasks make a domain's score, as data. Light: no torch, no lm_eval, no datasets.

Finance is the FlowerTune LLM Leaderboard's track: its sets, selections and label rules
(specification 3.3; sizes checked against published outputs). `finance-mini` is the same three
questions on the project's own practice data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from .job import Protocol

EVALUATOR_VERSION = "1"
"""Raised whenever an item's verdict could change; scores of two versions are never mixed."""

SEED = 2024

Row = Mapping[str, Any]
SENTIMENTS = ("negative", "neutral", "positive")


class Example(NamedTuple):
    """One question: the text, its gold answer, and what the prompt calls the text."""

    text: str
    gold: str
    kind: Literal["news", "tweet"]


class Holdout(NamedTuple):
    """The test side of `Dataset.train_test_split(share, seed=seed)`."""

    share: float
    seed: int


class Task(NamedTuple):
    """One benchmark set. `splits` are concatenated in order before `holdout` selects."""

    key: str
    title: str
    dataset: str
    splits: tuple[str, ...]
    columns: tuple[str, ...]
    read: Callable[[Row], Example]
    options: tuple[str, ...] = SENTIMENTS
    form: str = "sentiment"
    """Which files of `evaluators/tasks/` ask it: `<form>_<protocol>.yaml`."""
    config: str = "default"
    revision: str = "main"
    """On the hub. A folder (mirror, mini hub) is always asked for "main"."""
    holdout: Holdout | None = None
    n: int | None = None
    """Items there must be; None where the data may grow."""

    @property
    def chance(self) -> float:
        """Accuracy of a uniform guess."""
        return 1 / len(self.options)


class Suite(NamedTuple):
    """A domain's evaluation: its score is the unweighted mean over `tasks`."""

    key: str
    title: str
    version: str
    tasks: tuple[Task, ...]
    primary: Protocol = "clean"
    """The protocol that ranks; the others are shown beside it."""
    practice: bool = False


def phrase(row: Row) -> Example:
    """Financial PhraseBank: label 0, 1, 2 = negative, neutral, positive."""
    return Example(row["sentence"], _named(row["label"], SENTIMENTS), "news")


def post(row: Row) -> Example:
    """FiQA 2018: a score from -1 to 1 cut at -0.1 and 0.1; format "post" is a tweet."""
    score = row["sentiment_score"]
    if not isinstance(score, (int, float)) or math.isnan(score):
        raise ValueError(f"sentiment_score is {score!r}, a number was wanted")
    gold = "negative" if score < -0.1 else "neutral" if score < 0.1 else "positive"
    return Example(row["sentence"], gold, "tweet" if row["format"] == "post" else "news")


def tweet(row: Row) -> Example:
    """Twitter financial news: label 0, 1, 2 = negative (bearish), positive (bullish), neutral."""
    return Example(row["text"], _named(row["label"], ("negative", "positive", "neutral")), "tweet")


def _named(label: object, names: tuple[str, ...]) -> str:
    if not isinstance(label, int) or label not in range(len(names)):
        raise ValueError(f"label is {label!r}, 0 to {len(names) - 1} was wanted")
    return names[label]


QUARTER = Holdout(share=0.25, seed=42)

FPB = Task(
    key="fpb",
    title="Financial PhraseBank",
    dataset="takala/financial_phrasebank",
    revision="refs/convert/parquet",  # the hub serves it from there since scripts are gone
    config="sentences_50agree",
    splits=("train",),
    holdout=QUARTER,
    columns=("sentence", "label"),
    read=phrase,
    n=1212,
)
FIQA = Task(
    key="fiqa",
    title="FiQA 2018",
    dataset="pauri32/fiqa-2018",
    splits=("train", "validation", "test"),
    holdout=QUARTER,
    columns=("sentence", "sentiment_score", "format"),
    read=post,
    n=304,
)
TFNS = Task(
    key="tfns",
    title="Twitter financial news",
    dataset="zeroshot/twitter-financial-news-sentiment",
    splits=("validation",),
    columns=("text", "label"),
    read=tweet,
    n=2388,
)


def _practice(task: Task, key: str, title: str, dataset: str) -> Task:
    """The same question on a mini set: its whole test split, of any size."""
    return task._replace(
        key=key,
        title=title,
        dataset=dataset,
        revision="main",
        config="default",
        splits=("test",),
        holdout=None,
        n=None,
    )


SUITES: dict[str, Suite] = {
    suite.key: suite
    for suite in (
        Suite("finance", "Finance", "1", (FPB, FIQA, TFNS)),
        Suite(
            "finance-mini",
            "Finance, practice data",
            "1",
            (
                _practice(FPB, "wire", "Market wire", "mini/market-wire"),
                _practice(FIQA, "posts", "Market posts", "mini/market-posts"),
                _practice(TFNS, "tweets", "Market tweets", "mini/market-tweets"),
            ),
            practice=True,
        ),
    )
}
