"""The table of suites is data, and its label rules are the published ones."""

from __future__ import annotations

import subprocess
import sys

import pytest

from evaluators.suites import SUITES
from evaluators.suites.finance import FIQA, FPB, TFNS, post, tweet
from evaluators.suites.finance import phrase as wire
from tests.evaluators.helpers import REPOSITORY


def test_every_suite_stands_under_its_own_key() -> None:
    assert {key: suite.key for key, suite in SUITES.items()} == {key: key for key in SUITES}


def test_task_keys_of_a_suite_differ() -> None:
    for suite in SUITES.values():
        assert len({task.key for task in suite.tasks}) == len(suite.tasks)


def test_finance_has_the_published_sizes_and_a_third_as_chance() -> None:
    assert [(task.key, task.n) for task in SUITES["finance"].tasks] == [
        ("fpb", 1212),
        ("fiqa", 304),
        ("tfns", 2388),
    ]
    assert all(task.chance == 1 / 3 for task in (FPB, FIQA, TFNS))


def test_practice_tasks_take_the_whole_test_split_at_main() -> None:
    suite = SUITES["finance-mini"]
    assert suite.practice
    for task in suite.tasks:
        assert (task.revision, task.configs, task.splits) == ("main", ("default",), ("test",))
        assert (task.holdout, task.n) == (None, None)


@pytest.mark.parametrize(
    ("score", "gold"),
    [
        (-0.101, "negative"),
        (-0.1, "neutral"),
        (0.0, "neutral"),
        (0, "neutral"),
        (0.0999, "neutral"),
        (0.1, "positive"),
        (1.0, "positive"),
    ],
)
def test_fiqa_scores_are_cut_at_a_tenth(score: float, gold: str) -> None:
    row = {"sentence": "s", "sentiment_score": score, "format": "headline"}
    assert post(row).gold == gold


def test_fiqa_says_tweet_only_of_a_post() -> None:
    row = {"sentence": "s", "sentiment_score": 0.0}
    assert post({**row, "format": "post"}).kind == "tweet"
    assert post({**row, "format": "headline"}).kind == "news"


def test_the_two_numberings_of_labels_differ() -> None:
    assert [wire({"sentence": "s", "label": i}).gold for i in range(3)] == [
        "negative",
        "neutral",
        "positive",
    ]
    assert [tweet({"text": "s", "label": i}).gold for i in range(3)] == [
        "negative",
        "positive",
        "neutral",
    ]


@pytest.mark.parametrize("label", [3, -1, None, "1"])
def test_a_label_that_is_none_is_refused(label: object) -> None:
    with pytest.raises(ValueError, match="0 to 2 was wanted"):
        wire({"sentence": "s", "label": label})


@pytest.mark.parametrize("score", [None, float("nan"), "0.3"])
def test_a_score_that_is_none_is_refused(score: object) -> None:
    with pytest.raises(ValueError, match="a number was wanted"):
        post({"sentence": "s", "sentiment_score": score, "format": "post"})


def test_the_table_is_light() -> None:
    code = (
        "import sys, evaluators.suites, evaluators.job;"
        "print([m for m in ('torch', 'lm_eval', 'datasets') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "[]", answer.stderr
