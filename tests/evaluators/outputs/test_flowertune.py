"""FlowerTune's generations: published runs come out to the digit, from our own golds."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from evaluators import documents, engine
from evaluators.errors import BadJob, BadOutputs
from evaluators.outputs.prompts import asked, key
from federated.program import JobDirectory
from tests.evaluators.helpers import FORMS, REFERENCE, TINY, MakeJob, write_table
from tests.evaluators.outputs.tools import read_lines, reason, rescore, rows_of, write_lines
from tests.evaluators.test_engine import run

published = pytest.mark.skipif(not REFERENCE.is_dir(), reason="no published runs beside the mirror")
WIRE, POSTS, TWEETS = TINY.tasks
WORDS = ("positive", "negative", "neutral")


def finance(folder: Path, column: str = "new_out") -> Path:
    """The tiny suite's files: the answer is right for every third item."""
    for task in TINY.tasks:
        docs = documents.read(task, None).items
        rows = [
            {
                "context": asked(task.form, "official", doc),
                "new_target": doc["gold"],
                column: WORDS[(WORDS.index(doc["gold"]) + place) % 3],
            }
            for place, doc in enumerate(docs)
        ]
        write_lines(folder / "outputs" / f"generation_{task.key}_mine.jsonl", rows)
        right = sum(place % 3 == 0 for place in range(len(docs)))
        claim = f"Accuracy: {right / len(docs)}. "
        (folder / "outputs" / f"acc_{task.key}_mine.txt").write_text(claim)
    return folder / "outputs"


def official(folder: Path) -> dict[str, float | None]:
    result = rescore(folder, "tiny", "flowertune")
    return {task.task: task.accuracy for task in result.protocols["official"].tasks}


@published
@pytest.mark.mirror
def test_the_published_finance_run_is_reproduced(mirror: Path, tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "finance", tmp_path / "outputs")
    result = rescore(tmp_path, "finance", "flowertune")
    assert {task.task: (task.n, task.accuracy) for task in result.protocols["official"].tasks} == {
        "fpb": (1212, 0.2863036303630363),
        "fiqa": (304, 0.5921052631578947),
        "tfns": (2388, 0.21608040201005024),
    }
    assert result.notes == () and result.protocols["clean"].average is None


@published
@pytest.mark.mirror
def test_the_published_medical_run_is_reproduced(mirror: Path, tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "medical", tmp_path / "outputs")
    result = rescore(tmp_path, "medical", "flowertune", protocols=["official"])
    assert [task.accuracy for task in result.protocols["official"].tasks] == [
        0.542,
        0.06932823332536457,
        0.09662215239591516,
        None,
    ]
    assert result.notes == ()


@pytest.mark.parametrize("column", ["new_out", "out_text", "output"])
def test_finance_may_keep_the_text_or_how_it_was_read(
    data: Path, tmp_path: Path, column: str
) -> None:
    finance(tmp_path, column)
    assert official(tmp_path) == {"wire": 4 / 12, "posts": 4 / 10, "tweets": 5 / 14}


def test_a_raw_output_is_read_as_the_official_protocol_reads(data: Path, tmp_path: Path) -> None:
    file = finance(tmp_path, "output") / "generation_wire_mine.jsonl"
    rows = read_lines(file)
    for row in rows:
        row["output"] = f"{row['context']}it is {row['new_target']}\nAnswer: neither"
    write_lines(file, rows)
    result = rescore(tmp_path, "tiny", "flowertune")
    kept = rows_of(tmp_path, result, "official", "wire")
    assert [row.correct for row in kept] == [True] * 12
    assert not any(row.compliant for row in kept)
    assert kept[0].output.startswith("it is ") and kept[0].output.endswith("Answer: neither")


def test_the_prompts_are_those_of_an_evaluation(
    data: Path, tmp_path: Path, make_job: MakeJob
) -> None:
    finance(tmp_path)
    result = rescore(tmp_path, "tiny", "flowertune")
    measured = run(make_job(protocols=["official"]))
    assert result.prompts_sha256 == measured.prompts_sha256
    assert (result.device, result.dtype) == ("none", "none")


def test_neither_order_nor_repetition_changes_a_score(data: Path, tmp_path: Path) -> None:
    before = official(finance(tmp_path).parent)
    for seed in range(3):
        for file in (tmp_path / "outputs").glob("*.jsonl"):
            rows = read_lines(file)
            write_lines(file, random.Random(seed).sample(rows, len(rows)))
        assert official(tmp_path) == before
    for file in (tmp_path / "outputs").glob("*.jsonl"):
        write_lines(file, [*read_lines(file), *read_lines(file)[:4]])
    assert official(tmp_path) == before


def test_the_uploaded_gold_decides_nothing(data: Path, tmp_path: Path) -> None:
    before = official(finance(tmp_path).parent)
    for file in (tmp_path / "outputs").glob("*.jsonl"):
        write_lines(file, [{**row, "new_target": row["new_out"]} for row in read_lines(file)])
    assert official(tmp_path) == before


def test_a_claim_beyond_rounding_is_noted_and_one_within_is_not(data: Path, tmp_path: Path) -> None:
    """4 of 12 = 33.33 %."""
    claim = finance(tmp_path) / "acc_wire_mine.txt"
    for text in ("Accuracy: 0.33. ", "Accuracy: 0.3333", "Accuracy: high"):
        claim.write_text(text)
        assert rescore(tmp_path, "tiny", "flowertune").notes == ()
    claim.write_text("Accuracy: 0.34. ")
    for file in (tmp_path / "items").iterdir():
        file.unlink()
    assert rescore(tmp_path, "tiny", "flowertune").notes == (
        "Financial PhraseBank: 34.00% was handed in as its score, its items give 33.33%.",
    )


def test_an_incomplete_file_says_how_much_there_is(data: Path, tmp_path: Path) -> None:
    outputs = finance(tmp_path)
    file = outputs / "generation_wire_mine.jsonl"
    write_lines(file, read_lines(file)[:7])
    (outputs / "generation_tweets_mine.jsonl").unlink()
    result = rescore(tmp_path, "tiny", "flowertune")
    assert reason(result, "official", "wire") == "7 of 12 items."
    assert reason(result, "official", "tweets") == "Nothing was handed in for it."
    assert reason(result, "clean", "posts") == (
        "FlowerTune asks in the words of the official protocol."
    )
    assert result.protocols["official"].average is None


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("{", "generation_wire_mine.jsonl, line 4: not JSON"),
        ("7", "generation_wire_mine.jsonl, line 4: an object was wanted"),
        ('{"context": "x"}', "generation_wire_mine.jsonl, row 4: a prompt and an output were"),
        ("[" * 100_000, "maximum recursion depth exceeded"),
    ],
)
def test_a_broken_file_leaves_its_task_unscored_and_the_others_scored(
    data: Path, tmp_path: Path, row: str, wrong: str
) -> None:
    file = finance(tmp_path) / "generation_wire_mine.jsonl"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:3], row, *lines[3:]]))
    result = rescore(tmp_path, "tiny", "flowertune")
    assert str(reason(result, "official", "wire")).startswith(wrong)
    assert reason(result, "official", "posts") is None


def test_items_of_equal_prompts_are_told_apart_by_their_golds(data: Path, tmp_path: Path) -> None:
    """Two rows of the data ask the same and differ in the answer; each keeps its own."""
    rows = [{"sentence": "Oil", "label": label} for label in (0, 2, 2, 1, 0, 1, 2, 0, 0, 1, 1, 2)]
    write_table(data, "wire", "train", rows)
    file = finance(tmp_path) / "generation_wire_mine.jsonl"
    found = read_lines(file)
    for row in found:
        row["new_out"] = row["new_target"]
    write_lines(file, reversed(found))
    result = rescore(tmp_path, "tiny", "flowertune")
    assert reason(result, "official", "wire") is None
    assert result.protocols["official"].tasks[0].accuracy == 1.0


def test_a_finished_job_started_again_gives_the_same_notes(data: Path, tmp_path: Path) -> None:
    outputs = finance(tmp_path)
    (outputs / "acc_wire_mine.txt").write_text("Accuracy: 0.9. ")
    write_lines(outputs / "generation_bar_mine.jsonl", [{"prompt": "p", "output": "o"}])
    one = rescore(tmp_path, "tiny", "flowertune", protocols=["official"])
    two = rescore(tmp_path, "tiny", "flowertune", protocols=["official"])
    assert len(one.notes) == 2 and one.notes == two.notes
    assert one.protocols == two.protocols


def test_other_outputs_are_another_job(data: Path, tmp_path: Path) -> None:
    file = finance(tmp_path) / "generation_wire_mine.jsonl"
    before = official(tmp_path)["wire"]
    write_lines(file, [{**row, "new_out": row["new_target"]} for row in read_lines(file)])
    assert (before, official(tmp_path)["wire"]) == (4 / 12, 1.0)


def test_medical_files_leave_out_the_wrapping(data: Path, tmp_path: Path) -> None:
    for task in FORMS.tasks[:2]:
        rows: list[dict[str, Any]] = [
            {
                "prompt": key(task.form, "official", doc, "flowertune") + "\n",
                "gold": doc["gold"],
                "output": f" {doc['gold']}",
            }
            for doc in documents.read(task, None).items
        ]
        file = tmp_path / "outputs" / f"generation_{task.key}_mine.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(rows))
    result = rescore(tmp_path, "forms", "flowertune", protocols=["official"])
    facts, trials, _ = result.protocols["official"].tasks
    # " maybe" is not "maybe" to the published reading: 3 of 9 golds.
    assert (facts.accuracy, trials.accuracy) == (1.0, 6 / 9)


def test_a_folder_without_such_files_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadOutputs, match="is not there"):
        rescore(tmp_path, "tiny", "flowertune")
    finance(tmp_path)
    with pytest.raises(BadOutputs, match="no files as bigcode-evaluation-harness writes them"):
        rescore(tmp_path, "tiny", "bigcode")


@pytest.mark.parametrize(
    "fields",
    [
        {"adapter": "adapter"},
        {"base": {"id": "a/b", "revision": "c", "source": "hub"}},
        {"format": None},
        {"format": "spreadsheet"},
    ],
)
def test_a_job_is_of_outputs_or_of_a_model(
    data: Path, tmp_path: Path, fields: dict[str, object]
) -> None:
    job = {"suite": "tiny", "outputs": "outputs", "format": "flowertune", **fields}
    (tmp_path / "job.json").write_text(json.dumps(job))
    with pytest.raises(BadJob):
        engine.run(JobDirectory(tmp_path))
