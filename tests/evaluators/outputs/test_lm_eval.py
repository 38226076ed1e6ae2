"""lm-evaluation-harness: what its own code wrote, scored again."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from evaluators.lm import CausalLM
from federated.model import Loaded
from tests.evaluators.helpers import FORMS, TINY, MakeJob
from tests.evaluators.outputs.tools import (
    BOTH,
    lm_eval_run,
    read_lines,
    reason,
    rescore,
    rows_of,
    write_lines,
)
from tests.evaluators.sandbox.helpers import needs
from tests.evaluators.test_engine import run

TASKS = ("wire", "posts", "tweets")


WRITTEN: list[Path] = []
"""A run takes seconds: one is written, each test gets a copy."""


@pytest.fixture
def upload(
    data: Path, loaded: Loaded, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The tiny suite under both protocols, in a job's folder of outputs."""
    if not WRITTEN:
        folder = tmp_path_factory.mktemp("lm-eval")
        WRITTEN.append(lm_eval_run(folder, TINY, CausalLM(loaded, 4)))
    return Path(shutil.copytree(WRITTEN[0], tmp_path / "outputs" / "model"))


def samples(upload: Path, name: str) -> Path:
    return next(upload.glob(f"samples_{name}_*.jsonl"))


def test_it_gives_what_an_evaluation_of_the_model_gives(
    upload: Path, make_job: MakeJob, tmp_path: Path
) -> None:
    asked = make_job(predictor="base")
    measured, rescored = run(asked), rescore(tmp_path, "tiny", "lm-eval")
    assert rescored.notes == ()
    assert rescored.prompts_sha256 == measured.prompts_sha256
    for protocol in BOTH:
        one, two = measured.protocols[protocol], rescored.protocols[protocol]
        assert (two.average, two.low) == (one.average, one.low)
        for task in TASKS:
            ours = rows_of(asked.path, measured, protocol, task)
            assert [(row.answer, row.correct, row.compliant, row.gold) for row in ours] == [
                (row.answer, row.correct, row.compliant, row.gold)
                for row in rows_of(tmp_path, rescored, protocol, task)
            ]


@needs("python")
def test_questions_of_every_form_give_the_same(
    data: Path, loaded: Loaded, make_job: MakeJob, tmp_path: Path
) -> None:
    for task in FORMS.tasks[:2]:
        suite = FORMS._replace(tasks=(task,))
        for protocol in BOTH:
            lm_eval_run(tmp_path / "outputs", suite, CausalLM(loaded, 4), [protocol])
    measured = run(make_job(predictor="base", suite="forms", protocols=["clean", "official"]))
    rescored = rescore(tmp_path, "forms", "lm-eval")
    for protocol in BOTH:
        ours, theirs = measured.protocols[protocol].tasks, rescored.protocols[protocol].tasks
        assert [(task.task, task.n, task.accuracy, task.compliance) for task in ours[:2]] == [
            (task.task, task.n, task.accuracy, task.compliance) for task in theirs[:2]
        ]
        assert reason(rescored, protocol, "functions") == "Nothing was handed in for it."


@needs("python")
def test_programs_are_scored_under_the_protocol_that_takes_as_many(
    data: Path, loaded: Loaded, tmp_path: Path
) -> None:
    lm_eval_run(tmp_path / "outputs", FORMS, CausalLM(loaded, 4), ["clean"])
    result = rescore(tmp_path, "forms", "lm-eval")
    assert result.protocols["clean"].tasks[2].samples == 5
    assert reason(result, "official", "functions") == (
        "5 programs of each task were handed in; under the official protocol fewer than 5 count."
    )


def test_neither_order_nor_repetition_of_rows_changes_a_score(upload: Path, tmp_path: Path) -> None:
    before = rescore(tmp_path, "tiny", "lm-eval")
    for file in upload.glob("samples_*.jsonl"):
        rows = read_lines(file)
        write_lines(file, random.Random(5).sample([*rows, *rows[:3]], len(rows) + 3))
    after = rescore(tmp_path, "tiny", "lm-eval")
    assert after.protocols == before.protocols and after.notes == ()


def test_the_uploaded_gold_and_verdict_decide_nothing(upload: Path, tmp_path: Path) -> None:
    before = rescore(tmp_path, "tiny", "lm-eval", protocols=["clean"])
    for file in upload.glob("samples_*-clean_*.jsonl"):
        rows = read_lines(file)
        forged = [
            {**row, "target": "neutral", "acc": 1.0, "acc_norm": 1.0, "doc": {}} for row in rows
        ]
        write_lines(file, forged)
    after = rescore(tmp_path, "tiny", "lm-eval", protocols=["clean"])
    assert after.protocols == before.protocols


def test_a_score_that_its_items_do_not_give_is_noted(upload: Path, tmp_path: Path) -> None:
    [file] = upload.glob("results_*.json")
    results = json.loads(file.read_text())
    results["results"]["wire-clean"]["acc_norm,none"] = 0.99
    file.write_text(json.dumps(results))
    result = rescore(tmp_path, "tiny", "lm-eval")
    found = result.protocols["clean"].tasks[0].accuracy
    assert result.notes == (
        f"Financial PhraseBank: 99.00% was handed in as its score, its items give {found:.2%}.",
    )


def test_a_part_of_the_samples_is_not_scored_from_that_part(upload: Path, tmp_path: Path) -> None:
    """A real run had 5,000 effective samples, 10 lines of them, and those of one task of two."""
    file = samples(upload, "tweets-clean")
    write_lines(file, read_lines(file)[:10])
    samples(upload, "posts-clean").unlink()
    result = rescore(tmp_path, "tiny", "lm-eval")
    clean = result.protocols["clean"]
    assert [task.accuracy is None for task in clean.tasks] == [False, True, True]
    assert reason(result, "clean", "tweets") == "10 of 14 items."
    assert reason(result, "clean", "posts") == (
        "None of 10 rows asks an item as the clean protocol does."
    )
    assert clean.average is None and result.protocols["official"].average is not None


def test_one_item_answered_in_two_ways_has_no_score(upload: Path, tmp_path: Path) -> None:
    file = samples(upload, "wire-official")
    rows = read_lines(file)
    write_lines(file, [*rows, {**rows[4], "resps": [["Answer: positive"]]}])
    said = reason(rescore(tmp_path, "tiny", "lm-eval"), "official", "wire")
    assert said is not None and said.startswith("wire-4 is answered more than once, and not the")
    assert f"{file.name}, row 5, and {file.name}, row 13." in said


def test_questions_in_other_words_are_neither_protocol(upload: Path, tmp_path: Path) -> None:
    for file in upload.glob("samples_wire-*.jsonl"):
        rows = read_lines(file)
        for row in rows:
            row["arguments"]["gen_args_0"]["arg_0"] = f"Be brief. {row['doc']['text']}"
        write_lines(file, rows)
    result = rescore(tmp_path, "tiny", "lm-eval")
    for protocol in BOTH:
        said = reason(result, protocol, "wire")
        assert said == f"None of 24 rows asks an item as the {protocol} protocol does."


def test_rows_of_another_test_are_counted_and_named(upload: Path, tmp_path: Path) -> None:
    file = samples(upload, "wire-clean")
    rows = read_lines(file)
    stranger = json.loads(json.dumps(rows[0]))
    for request in stranger["arguments"].values():
        request["arg_0"] = "What is this?"
    write_lines(file, [*rows, stranger])
    result = rescore(tmp_path, "tiny", "lm-eval")
    assert result.notes == (
        f"Financial PhraseBank: 1 row asks none of its items, the first is {file.name}, row 13.",
    )


@pytest.mark.parametrize("value", ["nan", "-inf", "", None, [], {}])
def test_a_log_likelihood_that_is_no_number_leaves_the_task_unscored(
    upload: Path, tmp_path: Path, value: object
) -> None:
    file = samples(upload, "wire-clean")
    rows = read_lines(file)
    rows[3]["resps"][1] = [[value, "False"]]
    write_lines(file, rows)
    result = rescore(tmp_path, "tiny", "lm-eval", protocols=["clean"])
    assert result.protocols["clean"].tasks[0].accuracy is None
    assert any("row 4: a log-likelihood is" in note for note in result.notes)


def test_log_likelihoods_of_other_answers_leave_the_task_unscored(
    upload: Path, tmp_path: Path
) -> None:
    file = samples(upload, "wire-clean")
    rows = read_lines(file)
    rows[2]["arguments"]["gen_args_1"]["arg_1"] = " good"
    write_lines(file, rows)
    said = reason(rescore(tmp_path, "tiny", "lm-eval"), "clean", "wire")
    assert said == (
        f"{file.name}, row 3: log-likelihoods of negative, good, positive, "
        "wanted those of negative, neutral, positive."
    )
