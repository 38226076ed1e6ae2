"""Programs that others wrote down: bigcode's generations, HumanEval's and EvalPlus's samples."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from evaluators import sandbox
from evaluators.outputs.book import SAMPLES
from tests.evaluators.helpers import REFERENCE, functions, write_table
from tests.evaluators.outputs.tools import read_lines, reason, rescore, rows_of, write_lines
from tests.evaluators.sandbox.helpers import needs

published = pytest.mark.skipif(not REFERENCE.is_dir(), reason="no published runs beside the mirror")
SEVEN, EIGHT, NINE = functions(7, 8, 9)


def whole(row: dict[str, str], right: bool = True) -> str:
    """A program, in the way bigcode writes it: the prompt without space at its ends comes first."""
    body = row["canonical_solution"] if right else "    return None\n"
    return f"{row['prompt'].strip()}\n{body}"


def bigcode(folder: Path, *lists: list[str], claim: float | None = None) -> Path:
    outputs = folder / "outputs"
    outputs.mkdir(exist_ok=True)
    (outputs / "generations_functions.json").write_text(json.dumps(lists))
    results = {"functions": {"pass@1": claim}, "config": {}}
    (outputs / "evaluation_results_functions.json").write_text(json.dumps(results))
    return outputs


def samples(folder: Path, *rows: dict[str, str]) -> Path:
    write_lines(folder / "outputs" / "samples.jsonl", rows)
    return folder / "outputs" / "samples.jsonl"


def completion(row: dict[str, str], right: bool = True) -> dict[str, str]:
    body = row["canonical_solution"] if right else "    return None\n"
    return {"task_id": row["task_id"], "completion": body}


@published
@pytest.mark.mirror
@pytest.mark.slow
@needs("javascript")
def test_the_published_code_run_is_reproduced(mirror: Path, tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "code", tmp_path / "outputs")
    result = rescore(tmp_path, "code", "bigcode", protocols=["official"], threads=2)
    _, humaneval, javascript, _ = result.protocols["official"].tasks
    assert (humaneval.n, humaneval.accuracy) == (164, 0.17682926829268292)
    assert (javascript.n, javascript.accuracy) == (161, 0.12422360248447205)
    assert result.notes == ()


@needs("python")
def test_bigcodes_programs_are_run_with_our_tests(data: Path, tmp_path: Path) -> None:
    outputs = bigcode(tmp_path, [whole(SEVEN)], [whole(EIGHT, False)], [whole(NINE)], claim=2 / 3)
    (outputs / "references_functions.json").write_text(json.dumps(["assert True"] * 3))
    result = rescore(tmp_path, "forms", "bigcode")
    assert result.protocols["official"].tasks[2].accuracy == 2 / 3
    kept = rows_of(tmp_path, result, "official", "functions")
    assert [row.correct for row in kept] == [True, False, True]
    assert kept[0].output == "\n    return 7\n" and kept[0].prompt == SEVEN["prompt"].strip()
    assert result.notes == ()
    assert reason(result, "clean", "functions") == (
        "bigcode-evaluation-harness asks in the words of the official protocol."
    )


@needs("python")
def test_the_order_of_problems_is_found_by_their_beginnings(data: Path, tmp_path: Path) -> None:
    bigcode(tmp_path, [whole(NINE)], [whole(SEVEN)], [whole(EIGHT, False)], claim=0.9)
    result = rescore(tmp_path, "forms", "bigcode", protocols=["official"])
    kept = rows_of(tmp_path, result, "official", "functions")
    assert [row.correct for row in kept] == [True, False, True]
    assert result.notes == ("Functions: 90.00% was handed in as its score, its items give 66.67%.",)


@needs("python")
def test_several_programs_a_problem_give_the_mean_share(data: Path, tmp_path: Path) -> None:
    """(1/2 + 2/2 + 0/2) / 3 = 1/2."""
    bigcode(
        tmp_path,
        [whole(SEVEN), whole(SEVEN, False)],
        [whole(EIGHT), whole(EIGHT)],
        [whole(NINE, False), "def"],
    )
    result = rescore(tmp_path, "forms", "bigcode", protocols=["official"])
    found = result.protocols["official"].tasks[2]
    assert (found.n, found.samples, found.accuracy) == (3, 2, 0.5)


@needs("python")
def test_programs_that_begin_as_no_prompt_does_keep_their_place(data: Path, tmp_path: Path) -> None:
    bigcode(tmp_path, ["def f7(): return 7"], ["broken"], [whole(NINE)], ["def f1(): return 1"])
    result = rescore(tmp_path, "forms", "bigcode", protocols=["official"])
    kept = rows_of(tmp_path, result, "official", "functions")
    assert [row.correct for row in kept] == [True, False, True]
    assert result.notes == (
        "Functions: 1 row asks none of its items, the first is generations_functions.json, "
        "problem 4.",
    )


@needs("python")
@pytest.mark.parametrize("shape", ["completion", "solution"])
def test_humanevals_samples_are_completions_or_whole_programs(
    data: Path, tmp_path: Path, shape: str
) -> None:
    rows = [completion(SEVEN), completion(EIGHT, False), completion(NINE)]
    if shape == "solution":
        rows = [
            {
                "task_id": row["task_id"],
                "solution": f"import math\n{row['prompt']}{given['completion']}",
            }
            for row, given in zip((SEVEN, EIGHT, NINE), rows, strict=True)
        ]
    file = samples(tmp_path, *rows)
    result = rescore(tmp_path, "forms", "humaneval")
    assert result.protocols["official"].tasks[2].accuracy == 2 / 3
    write_lines(file, reversed(read_lines(file)))
    assert rescore(tmp_path, "forms", "humaneval").protocols == result.protocols


@needs("python")
def test_five_samples_of_each_task_are_the_clean_protocol(data: Path, tmp_path: Path) -> None:
    """(5/5 + 1/5 + 0/5) / 3 = 2/5."""
    rows = [completion(SEVEN)] * 5
    rows += [completion(EIGHT, k == 0) for k in range(5)]
    rows += [completion(NINE, False)] * 5
    samples(tmp_path, *random.Random(3).sample(rows, 15))
    result = rescore(tmp_path, "forms", "humaneval")
    found = result.protocols["clean"].tasks[2]
    assert (found.samples, found.accuracy) == (SAMPLES, pytest.approx(0.4))
    assert "fewer than 5 count" in str(reason(result, "official", "functions"))


@needs("python")
def test_as_many_samples_of_each_task_count_as_of_the_one_with_the_fewest(
    data: Path, tmp_path: Path
) -> None:
    rows = [completion(SEVEN), completion(EIGHT, False), completion(EIGHT), completion(NINE)]
    samples(tmp_path, *rows)
    result = rescore(tmp_path, "forms", "humaneval", protocols=["official"])
    assert result.protocols["official"].tasks[2].accuracy == 2 / 3
    assert result.notes == ("Functions: the first 1 of up to 2 programs a task count.",)


def test_a_missing_task_leaves_the_set_unscored_and_unknown_ids_are_noted(
    data: Path, tmp_path: Path
) -> None:
    file = samples(tmp_path, completion(SEVEN), completion(EIGHT))
    result = rescore(tmp_path, "forms", "humaneval", protocols=["official"])
    assert reason(result, "official", "functions") == "2 of 3 items."
    write_lines(file, [{"task_id": "Other/1", "completion": "x"}])
    result = rescore(tmp_path, "forms", "humaneval", protocols=["official"])
    assert reason(result, "official", "functions") == "Nothing was handed in for it."


def test_two_files_of_the_same_programs_leave_the_set_unscored(data: Path, tmp_path: Path) -> None:
    file = samples(tmp_path, completion(SEVEN))
    shutil.copy(file, file.with_name("sanitised.jsonl"))
    result = rescore(tmp_path, "forms", "humaneval", protocols=["official"])
    assert reason(result, "official", "functions") == (
        "Two files have its programs: samples.jsonl and sanitised.jsonl."
    )


@needs("python")
@pytest.mark.parametrize(
    "code",
    [
        "class Always:\n    def __eq__(self, other): return True\ndef f7(): return Always()\n",
        "import os\nos._exit(0)\n",
        "import builtins\nbuiltins.AssertionError = Exception\ndef f7(): return 8\n",
        "raise SystemExit(0)\n",
    ],
)
def test_a_program_cannot_talk_its_way_to_a_pass(data: Path, tmp_path: Path, code: str) -> None:
    write_table(data, "functions", "test", functions(7))
    samples(tmp_path, {"task_id": "Tiny/7", "solution": code})
    result = rescore(tmp_path, "forms", "humaneval", protocols=["official"])
    assert result.protocols["official"].tasks[2].accuracy == 0.0


def test_without_isolation_nothing_is_run(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "missing", lambda language: "no isolation: of any kind")
    monkeypatch.setattr(sandbox, "judge_all", lambda *a, **k: pytest.fail("was run"))
    samples(tmp_path, completion(SEVEN), completion(EIGHT), completion(NINE))
    result = rescore(tmp_path, "forms", "humaneval", protocols=["official"])
    assert reason(result, "official", "functions") == "no isolation: of any kind"


@needs("python")
def test_text_that_is_no_unicode_is_stored_all_the_same(data: Path, tmp_path: Path) -> None:
    rows = [completion(SEVEN), completion(EIGHT), completion(NINE)]
    rows[1]["completion"] = "    return '\ud800'\n"
    samples(tmp_path, *rows)
    result = rescore(tmp_path, "forms", "humaneval", protocols=["official"])
    assert result.protocols["official"].tasks[2].accuracy == 2 / 3
