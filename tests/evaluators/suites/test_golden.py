"""Sizes, orders and prompts are the published ones (specification 17), read from the real data."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evaluators import documents
from evaluators.errors import Unscored
from evaluators.suites import SUITES
from evaluators.suites.medical import ENTRANCE, LICENSING, STATEMENT
from evaluators.tasks import choice, decision
from tests.evaluators.helpers import REFERENCE

TASKS = {t.key: t for suite in SUITES.values() if not suite.practice for t in suite.tasks}
PROMPT = {"choice": choice.official_prompt, "decision": decision.official_prompt}


def published(name: str) -> list[dict[str, Any]]:
    [file] = REFERENCE.glob(f"medical/generation_{name}_*.jsonl.gz")
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(file.read_bytes()))
    return rows


@pytest.mark.parametrize(
    ("line", "length", "digest"),
    [
        (STATEMENT, 143, "e645eb770dcd093b"),
        (LICENSING, 486, "c880eab656b5e4a0"),
        (ENTRANCE, 409, "604198284f7afd2b"),
    ],
)
def test_the_medical_instructions_are_the_published_ones(
    line: str, length: int, digest: str
) -> None:
    assert len(line) == length
    assert hashlib.sha256(line.encode()).hexdigest().startswith(digest)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("key", "n"),
    [
        *(("stem", 3153), ("social_sciences", 3077), ("humanities", 4705)),
        *(("pubmedqa", 500), ("medmcqa", 4183), ("medqa", 1273)),
        *(("mbpp", 500), ("humaneval", 164), ("multiple-js", 161), ("multiple-cpp", 161)),
    ],
)
def test_every_set_has_the_published_size(key: str, n: int, mirror: Path) -> None:
    assert TASKS[key].n == n
    assert len(documents.read(TASKS[key], None).items) == n


@pytest.mark.mirror
@pytest.mark.parametrize("key", ["pubmedqa", "medmcqa", "medqa"])
def test_medical_prompts_and_golds_are_the_published_ones_in_their_order(
    key: str, mirror: Path
) -> None:
    if not REFERENCE.is_dir():
        pytest.skip("no published outputs beside the checkout")
    task, rows = TASKS[key], published(key)
    found = documents.read(task, None).items
    assert [PROMPT[task.form](doc) for doc in found] == [
        f"<|im_start|>question\n{row['prompt']}<|im_end|>\n<|im_start|>answer\n" for row in rows
    ]
    assert [doc["gold"] for doc in found] == [row["gold"] for row in rows]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("key", "answer", "percent"),
    [("pubmedqa", "yes", 55.2), ("medmcqa", "A", 32.2), ("medqa", "A", 27.7)],
)
def test_the_trivial_answers_score_what_is_documented(
    key: str, answer: str, percent: float, mirror: Path
) -> None:
    golds = [doc["gold"] for doc in documents.read(TASKS[key], None).items]
    assert round(100 * golds.count(answer) / len(golds), 1) == percent


@pytest.mark.mirror
def test_ten_options_of_stem_are_shown_as_missing_numbers_and_no_others(mirror: Path) -> None:
    shown = {
        key: sum("\nnan" in PROMPT["choice"](doc).replace(". nan", "\nnan") for doc in items)
        for key in ("stem", "social_sciences", "humanities")
        for items in [documents.read(TASKS[key], None).items]
    }
    assert shown == {"stem": 10, "social_sciences": 0, "humanities": 0}
    stem = documents.read(TASKS["stem"], None).items
    assert not any(". nan" in choice.clean_prompt(doc) for doc in stem), "clean shows the real text"


@pytest.mark.mirror
def test_subjects_follow_one_another_as_published(mirror: Path) -> None:
    groups = [doc["group"] for doc in documents.read(TASKS["stem"], None).items]
    assert tuple(dict.fromkeys(groups)) == TASKS["stem"].configs
    assert Counter(groups)["abstract_algebra"] == 100


@pytest.mark.mirror
def test_a_set_that_a_mirror_lacks_is_a_reason_and_not_a_crash(mirror: Path) -> None:
    with pytest.raises(Unscored, match=r"unknown dataset 'HPAI-BSC/CareQA'"):
        documents.read(TASKS["careqa"], None)


@pytest.mark.mirror
@pytest.mark.parametrize(("key", "name"), [("humaneval", "humaneval"), ("multiple-js",) * 2])
def test_published_programs_begin_with_our_prompts(key: str, name: str, mirror: Path) -> None:
    file = REFERENCE / "code" / f"generations_{name}.json.gz"
    if not file.is_file():
        pytest.skip("no published programs beside the checkout")
    written = json.loads(gzip.decompress(file.read_bytes()))
    for doc, [program] in zip(documents.read(TASKS[key], None).items, written, strict=True):
        assert program.startswith(doc["prompt"])


def test_each_id_that_differs_from_the_published_one_says_so() -> None:
    assert {task.dataset: task.published for task in TASKS.values() if task.published} == {
        "cais/mmlu": "lukaemon/mmlu",
        "openlifescienceai/medmcqa": "medmcqa",
        "google-research-datasets/mbpp": "mbpp",
        "openai/openai_humaneval": "openai_humaneval",
    }


def test_every_published_set_tells_what_official_keeps_of_it() -> None:
    assert all(task.quirks for task in TASKS.values())
