"""The first look at outputs: what they are, and every row that does not serve, with its line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from leaderboard.uploads.contract import Declared, Found
from leaderboard.uploads.outputs import look_outputs

DATE = "2026-11-24T10-00-00.123456"
RESULTS = {
    "results": {"wire-clean": {"acc,none": 0.5}},
    "n-samples": {"wire-clean": {"original": 3, "effective": 3}},
    "config": {"model_args": "pretrained=tiny/llama,peft=mine", "limit": None},
}


def look(folder: Path, domain: str = "") -> Found:
    return look_outputs(folder, Declared(name="Mine", domain=domain))


def lines(file: Path, rows: Iterable[Any]) -> Path:
    texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return file


def fiqa(n: int = 304) -> list[dict[str, str]]:
    return [
        {"context": f"Input: {k}\nAnswer: ", "new_target": "x", "new_out": "y"} for k in range(n)
    ]


def sample(place: int) -> dict[str, Any]:
    return {
        "doc_id": place,
        "arguments": {"gen_args_0": {"arg_0": f"Question {place}", "arg_1": {"until": []}}},
        "resps": [["an answer"]],
    }


def lm_eval(folder: Path, rows: Iterable[Any], **changes: Any) -> None:
    lines(folder / f"samples_wire-clean_{DATE}.jsonl", rows)
    (folder / f"results_{DATE}.json").write_text(json.dumps({**RESULTS, **changes}))


def humaneval(n: int = 164, key: str = "completion") -> list[dict[str, str]]:
    return [{"task_id": f"HumanEval/{k}", key: "    return 1\n"} for k in range(n)]


def said(found: Found) -> list[str]:
    return [str(problem) for problem in (*found.problems, *found.warnings)]


def test_flowertunes_generations_are_known_by_their_sets(tmp_path: Path) -> None:
    for name, n in (("fiqa", 304), ("fpb", 1212), ("tfns", 2388)):
        lines(tmp_path / f"generation_{name}_my_run.jsonl", fiqa(n))
    found = look(tmp_path)
    assert (found.kind, found.format, found.domain) == ("outputs", "flowertune", "finance")
    assert found.title == "Outputs of FlowerTune: fiqa, fpb, tfns"
    assert found.facts["rows"]["generation_fpb_my_run.jsonl"] == 1212
    assert said(found) == []


def test_a_json_array_is_read_as_rows_too(tmp_path: Path) -> None:
    rows = [{"prompt": "p", "gold": "yes", "output": "no"}] * 500
    (tmp_path / "generation_pubmedqa_r.jsonl").write_text(json.dumps(rows))
    found = look(tmp_path, "medical")
    assert found.problems == () and found.facts["rows"] == {"generation_pubmedqa_r.jsonl": 500}
    assert said(found) == [
        f"file: nothing for {title}: it will stay unscored"
        for title in ("MedMCQA", "MedQA", "CareQA")
    ]


def test_mmlus_category_files_are_three_sets(tmp_path: Path) -> None:
    for name, n in (("stem", 3153), ("social_sciences", 3077), ("humanities", 4705)):
        rows = [{"prompt": "p", "gold": "A", "output": "A"}] * n
        lines(tmp_path / f"generation_mmlu_{name}_r.jsonl", rows)
    found = look(tmp_path, "general")
    assert (found.domain, said(found)) == ("general", [])


def test_too_few_and_too_many_rows_are_warnings(tmp_path: Path) -> None:
    lines(tmp_path / "generation_fiqa_r.jsonl", fiqa(10))
    lines(tmp_path / "generation_tfns_r.jsonl", fiqa(2389))
    found = look(tmp_path, "finance")
    assert found.problems == ()
    assert said(found) == [
        "generation_fiqa_r.jsonl: 10 of 304 items of FiQA 2018: it will stay unscored",
        "generation_tfns_r.jsonl: 2,389 rows, Twitter financial news has 2,388 items",
        "file: nothing for Financial PhraseBank: it will stay unscored",
    ]


def test_files_of_another_board_than_the_declared_one_are_refused(tmp_path: Path) -> None:
    lines(tmp_path / "generation_fiqa_r.jsonl", fiqa())
    [problem] = look(tmp_path, "medical").problems
    assert str(problem) == ("domain: medical found, but the files are of finance (choose finance)")


def test_a_set_that_no_board_has_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    lines(tmp_path / "generation_bar_r.jsonl", fiqa(1))
    [problem] = look(tmp_path).problems
    assert problem.message == "no test is called bar" and "fiqa" in problem.hint


def test_two_runs_of_a_set_are_refused(tmp_path: Path) -> None:
    lines(tmp_path / "generation_fiqa_one.jsonl", fiqa())
    lines(tmp_path / "generation_fiqa_two.jsonl", fiqa())
    [problem] = look(tmp_path).problems
    assert problem.message.startswith("2 files of fiqa: generation_fiqa_one.jsonl, generation")


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ('{"context": "Inp', "not valid JSON"),
        ("7", "a number found, an object was wanted"),
        ("[7]", "a list found, an object was wanted"),
        ({"context": "c"}, "no text in output, out_text or new_out, found context"),
        ({"output": "o", "gold": "g"}, "no text in prompt or context, found output, gold"),
        ({"prompt": None, "output": "o"}, "no text in prompt or context"),
        ('{"prompt": "p", "prompt": "q", "output": "o"}', "the key 'prompt' stands twice"),
        ('{"prompt": "p", "output": NaN}', "NaN found"),
        ('{"prompt": "' + "p" * 2**20 + '", "output": "o"}', "longer than 1,048,576 bytes"),
        ('{"prompt": ' + "[" * 100 + "]" * 100 + "}", "nested more than 64 levels"),
    ],
)
def test_a_row_that_does_not_serve_is_named_with_its_line(
    tmp_path: Path, row: object, wrong: str
) -> None:
    rows: list[Any] = [*fiqa()]
    rows[6] = row
    lines(tmp_path / "generation_fiqa_r.jsonl", rows)
    [problem] = look(tmp_path).problems
    assert (problem.place, problem.line) == ("generation_fiqa_r.jsonl", 7)
    assert wrong in problem.message


def test_of_many_bad_rows_twenty_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    lines(tmp_path / "generation_fiqa_r.jsonl", ["7"] * 304)
    *told, last = look(tmp_path).problems
    assert len(told) == 20 and last.message == "284 more rows have problems"


@pytest.mark.parametrize("text", ["", "\n", "[]"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "generation_fiqa_r.jsonl").write_text(text)
    assert [p.message for p in look(tmp_path).problems] == ["there are no rows"]


def test_a_gzipped_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "generation_fiqa_r.jsonl.gz").write_bytes(b"\x1f\x8b")
    [problem] = look(tmp_path).problems
    assert problem.hint == "put the unpacked file into the zip"


def test_lm_evals_samples_are_read_with_the_results_beside_them(tmp_path: Path) -> None:
    lm_eval(tmp_path, map(sample, range(3)))
    found = look(tmp_path, "finance-mini")
    assert (found.kind, found.format, found.domain) == ("outputs", "lm-eval", "finance-mini")
    assert found.base_model == "tiny/llama" and said(found) == []


def test_an_lm_eval_run_with_ten_lines_of_five_thousand_is_accepted_as_that(tmp_path: Path) -> None:
    counts = {"original": 5000, "effective": 5000}
    lm_eval(
        tmp_path,
        map(sample, range(10)),
        **{"n-samples": {"wire-clean": counts, "gsm8k": counts}},
        config={"model_args": "pretrained=a/b,trust_remote_code=True", "limit": 100},
    )
    found = look(tmp_path, "finance-mini")
    assert found.problems == ()
    messages = [warning.message for warning in found.warnings]
    assert messages == [
        "run with a limit of 100: a part of each test",
        "the model ran code of its own (trust_remote_code)",
        "a score of gsm8k without its samples: it will stay unscored",
        "10 rows, but the score of wire-clean is over 5,000: it cannot be checked and will stay "
        "unscored",
    ]


def test_scores_without_samples_are_refused_with_both_ways_out(tmp_path: Path) -> None:
    (tmp_path / f"results_{DATE}.json").write_text(json.dumps(RESULTS))
    [problem] = look(tmp_path).problems
    assert "--log_samples" in problem.hint and "reported" in problem.hint


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"a": 1, "a": 2}', '{"n-samples": 3, "config": 4}']
)
def test_results_of_any_shape_are_answered_not_crashed_on(tmp_path: Path, content: str) -> None:
    lm_eval(tmp_path, [sample(0)])
    (tmp_path / f"results_{DATE}.json").write_text(content)
    assert len(look(tmp_path, "finance-mini").problems) == (not content.startswith('{"n'))


def test_a_sample_without_its_answers_is_named(tmp_path: Path) -> None:
    lm_eval(tmp_path, [sample(0), {"doc_id": 1, "arguments": {}}, sample(2)])
    [problem] = look(tmp_path, "finance-mini").problems
    assert (problem.line, problem.message) == (2, "no resps, found doc_id, arguments")


def test_bigcodes_generations_are_lists_of_programs(tmp_path: Path) -> None:
    (tmp_path / "generations_humaneval.json").write_text(json.dumps([["def f(): pass"]] * 164))
    (tmp_path / "generations_mbpp.json").write_text(json.dumps([["x"]] * 498 + [[], "y"]))
    found = look(tmp_path, "code")
    assert (found.format, found.domain) == ("bigcode", "code")
    assert [problem.message for problem in found.problems] == [
        "a list found, a list of programs was wanted",
        "a text found, a list of programs was wanted",
    ]


@pytest.mark.parametrize("key", ["completion", "solution"])
def test_humanevals_samples_are_known_whatever_the_file_is_called(tmp_path: Path, key: str) -> None:
    lines(tmp_path / "my model.jsonl", humaneval(key=key))
    found = look(tmp_path)
    assert (found.format, found.domain, said(found)) == ("humaneval", "code", [])


def test_missing_tasks_and_unequal_samples_are_warnings(tmp_path: Path) -> None:
    lines(tmp_path / "s.jsonl", [*humaneval(100), *humaneval(3)])
    assert said(look(tmp_path)) == [
        "s.jsonl: 100 of 164 tasks of HumanEval: it will stay unscored",
        "s.jsonl: 1 to 2 programs a task (as many of each as the fewest count)",
    ]


def test_a_program_that_is_missing_is_named_and_verdict_files_are_passed_over(
    tmp_path: Path,
) -> None:
    lines(tmp_path / "s.jsonl", [*humaneval(163), {"task_id": "HumanEval/163", "code": "x"}])
    lines(tmp_path / "s.jsonl_results.jsonl", [{"task_id": "HumanEval/0", "passed": True}])
    [problem] = look(tmp_path).problems
    assert (problem.place, problem.line) == ("s.jsonl", 164)


def test_raw_and_sanitised_programs_together_are_refused(tmp_path: Path) -> None:
    lines(tmp_path / "s.jsonl", humaneval())
    lines(tmp_path / "s-sanitized.jsonl", humaneval())
    [problem] = look(tmp_path).problems
    assert "both have programs of HumanEval/0" in problem.message


def test_what_is_no_output_is_not_called_one(tmp_path: Path) -> None:
    lines(tmp_path / "train.jsonl", [{"instruction": "a", "response": "b"}])
    (tmp_path / "broken.jsonl").write_text('{"task_id')
    (tmp_path / "notes.txt").write_text("HumanEval/0")
    assert look(tmp_path) == Found(None)


def test_ten_thousand_rows_take_less_than_two_seconds(tmp_path: Path) -> None:
    rows = [{**sample(k), "doc": {"text": "{[" * 40 + "word " * 100}} for k in range(10_000)]
    lm_eval(tmp_path, rows)
    began = time.process_time()
    assert look(tmp_path, "finance-mini").problems == ()
    assert time.process_time() - began < 2
