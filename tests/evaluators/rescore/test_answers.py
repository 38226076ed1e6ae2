"""Published outputs, scored again."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from evaluators import rescore
from evaluators.__main__ import start
from tests.evaluators.helpers import REFERENCE

FINANCE = REFERENCE / "finance"
published = pytest.mark.skipif(not FINANCE.is_dir(), reason="no published runs beside the mirror")
RUN = "eval_results_SmolLM2-135M-Instruct"


def write(folder: Path, rows: list[object], accuracy: str = "Accuracy: 0.5. ") -> None:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "generation_fiqa_mine.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "acc_fiqa_mine.txt").write_text(accuracy)


def row(out: str, target: str = "positive", **more: str) -> dict[str, str]:
    return {"context": "Input: x\nAnswer: ", "new_target": target, "new_out": out, **more}


def fiqa(out: str = "positive") -> list[object]:
    """304 rows, half of them right."""
    return [row(out, "positive" if i % 2 else "negative") for i in range(304)]


@published
def test_the_published_finance_run_is_reproduced_exactly() -> None:
    lines = rescore.rescore(FINANCE)
    assert [(line.set, line.n, line.accuracy, line.equal) for line in lines] == [
        ("fiqa", 304, 0.5921052631578947, True),
        ("fpb", 1212, 0.2863036303630363, True),
        ("tfns", 2388, 0.21608040201005024, True),
    ]
    assert rescore.exit_code(lines) == 0


@published
def test_the_command_speaks_to_people_and_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["rescore", str(FINANCE)]) == 0
    assert capsys.readouterr().out.count(", equal") == 3
    assert start(["rescore", str(FINANCE), "--json"]) == 0
    assert {line["set"] for line in json.loads(capsys.readouterr().out)} == {"fiqa", "fpb", "tfns"}


@published
def test_the_published_medical_run_is_reproduced_exactly() -> None:
    lines = rescore.rescore(REFERENCE / "medical")
    assert [(line.set, line.n, line.accuracy, line.equal) for line in lines] == [
        ("medmcqa", 4183, 0.06932823332536457, True),
        ("medqa", 1273, 0.09662215239591516, True),
        ("pubmedqa", 500, 0.542, True),
    ]
    assert rescore.exit_code(lines) == 0


def test_the_three_groups_of_mmlu_are_told_apart(tmp_path: Path) -> None:
    rows = [{"prompt": "p", "gold": "B", "output": out} for out in ["b"] * 3077]
    rows[0]["output"] = "The"
    (tmp_path / "generation_mmlu_social_sciences_my_run.jsonl").write_text(json.dumps(rows))
    (tmp_path / "acc_mmlu_social_sciences_my_run.txt").write_text(f"Accuracy: {3076 / 3077}. ")
    [line] = rescore.rescore(tmp_path)
    assert (line.set, line.run, line.equal) == ("mmlu_social_sciences", "my_run", True)


def test_an_unknown_set_is_answered_not_crashed_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "generation_bar_mine.jsonl").write_text("{}\n")
    assert start(["rescore", str(tmp_path)]) == 2
    assert "a set named 'bar' is not known" in capsys.readouterr().out


@published
def test_an_unknown_set_beside_known_ones_does_not_count(tmp_path: Path) -> None:
    shutil.copytree(FINANCE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "generation_bar_mine.jsonl").write_text("{}\n")
    lines = rescore.rescore(tmp_path)
    assert rescore.exit_code(lines) == 0
    assert sum(bool(line.problem) for line in lines) == 1


@published
def test_a_wrong_claim_is_different(tmp_path: Path) -> None:
    shutil.copytree(FINANCE, tmp_path, dirs_exist_ok=True)
    (tmp_path / f"acc_fpb_{RUN}.txt").chmod(0o644)
    (tmp_path / f"acc_fpb_{RUN}.txt").write_text("Accuracy: 0.29. ")
    lines = rescore.rescore(tmp_path)
    assert [line.equal for line in lines] == [True, False, True]
    assert rescore.exit_code(lines) == 1


@published
def test_a_gzip_cut_off_in_the_middle_is_named(tmp_path: Path) -> None:
    shutil.copytree(FINANCE, tmp_path, dirs_exist_ok=True)
    file = tmp_path / f"generation_fpb_{RUN}.jsonl.gz"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-5000])
    lines = rescore.rescore(tmp_path)
    assert f"{file.name}: damaged or cut off gzip" in lines[1].problem
    assert rescore.exit_code(lines) == 1


def test_raw_text_is_preferred_and_read_by_the_official_parser(tmp_path: Path) -> None:
    rows = fiqa()
    rows[0] = row("positive", "negative", out_text="it is Negative")
    rows[2] = row("positive", "negative", output="negative\nAnswer: positive")
    rows[4] = row("positive", "negative", output="Input: x\nAnswer: negative")
    write(tmp_path, rows)
    [line] = rescore.rescore(tmp_path)
    assert line.accuracy == (152 + 3) / 304


def damaged(place: int, line: object) -> list[object]:
    rows = fiqa()
    rows[place] = line
    return rows


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (damaged(6, '{"context": "Inp'), "line 7: not JSON"),
        (damaged(6, ""), "line 7: not JSON"),
        (damaged(6, "7"), "line 7: an object was wanted"),
        (damaged(6, {"new_target": "positive"}), "line 7: no text in new_out or out_text"),
        (damaged(6, row("x") | {"new_target": None}), "line 7: no text in new_target"),
        (fiqa()[:303], "303 outputs, the set has 304; the file ends after line 303"),
        ([*fiqa(), row("negative")], "305 outputs, the set has 304; line 3 repeats line 1"),
        (["[" + json.dumps(row("positive")) + "]"], "1 outputs, the set has 304"),
        (['[{"new_target": "positive"}, 7]'], "element 2: an object was wanted"),
        (['[{"new_target"'], "not JSON"),
        ([""], "line 1: not JSON"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(
    tmp_path: Path, rows: list[object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, rows)
    assert start(["rescore", str(tmp_path)]) == 2
    out = capsys.readouterr().out
    assert "generation_fiqa_mine.jsonl" in out and said in out


@pytest.mark.parametrize("text", ["", "0.5", "Accuracy: high. ", "Accuracy: 59.2. "])
def test_an_accuracy_file_in_another_form_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, fiqa(), text)
    [line] = rescore.rescore(tmp_path)
    assert "acc_fiqa_mine.txt, line 1" in line.problem


@pytest.mark.parametrize("text", ["Accuracy: 0.5. ", "Accuracy: 0.5", "Accuracy: 5e-1. "])
def test_the_trailing_dot_is_not_part_of_the_number(tmp_path: Path, text: str) -> None:
    write(tmp_path, fiqa(), text)
    assert rescore.rescore(tmp_path)[0].published == 0.5


def test_a_missing_accuracy_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, fiqa())
    (tmp_path / "acc_fiqa_mine.txt").unlink()
    assert "acc_fiqa_mine.txt is missing" in rescore.rescore(tmp_path)[0].problem


def test_gzipped_and_plain_files_read_the_same(tmp_path: Path) -> None:
    write(tmp_path, fiqa())
    plain = tmp_path / "generation_fiqa_mine.jsonl"
    packed = plain.with_name(plain.name + ".gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    one, two = rescore.rescore(tmp_path)
    assert one == two


def test_an_empty_folder_has_nothing_to_rescore(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(["rescore", str(tmp_path)]) == 2
    assert "Nothing to rescore" in capsys.readouterr().out
    assert start(["rescore", str(tmp_path / "nowhere")]) == 2
    assert "is not a directory" in capsys.readouterr().err
