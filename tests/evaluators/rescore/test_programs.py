"""Published programs, run again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evaluators import sandbox
from evaluators.rescore import programs as rescoring
from evaluators.rescore.programs import Kind, rescore_programs
from tests.evaluators.helpers import REFERENCE
from tests.evaluators.sandbox.helpers import needs

CODE = REFERENCE / "code"
published = pytest.mark.skipif(not CODE.is_dir(), reason="no published runs beside the mirror")

RIGHT, WRONG = "def f(x):\n    return x\n", "def f(x):\n    return 0\n"


@published
@needs("javascript")
@pytest.mark.slow
def test_the_published_code_run_is_reproduced_exactly() -> None:
    lines = rescore_programs(CODE, workers=2)
    assert [(line.set, line.n, line.accuracy, line.equal) for line in lines] == [
        ("humaneval", 164, 0.17682926829268292, True),
        ("multiple-js", 161, 0.12422360248447205, True),
    ]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of three problems: both programs right, one of two, none."""
    monkeypatch.setitem(rescoring.TASKS, "mbpp", Kind("python", 3))
    write(tmp_path, "generations", [[RIGHT, RIGHT], [RIGHT, WRONG], [WRONG, "def"]])
    write(tmp_path, "references", ["assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 3"])
    write(tmp_path, "evaluation_results", {"mbpp": {"pass@1": 0.5}, "config": {}})
    return tmp_path


def write(folder: Path, stem: str, content: object) -> None:
    (folder / f"{stem}_mbpp.json").write_text(json.dumps(content))


@needs("python")
def test_pass_at_1_is_the_mean_share_of_programs_that_pass(run: Path) -> None:
    """(2/2 + 1/2 + 0/2) / 3 = 1/2."""
    assert [tuple(line) for line in rescore_programs(run, 2)] == [
        ("mbpp", "", 3, 0.5, 0.5, True, "")
    ]


@needs("python")
def test_a_wrong_claim_is_different_and_packed_files_read_the_same(run: Path) -> None:
    write(run, "evaluation_results", {"mbpp": {"pass@1": 0.6}})
    for stem in ("generations", "references"):
        plain = run / f"{stem}_mbpp.json"
        plain.with_name(f"{plain.name}.gz").write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    [line] = rescore_programs(run, 2)
    assert (line.accuracy, line.published, line.equal) == (0.5, 0.6, False)


@pytest.mark.parametrize(
    ("stem", "content", "said"),
    [
        ("generations", [[RIGHT]] * 2, "generations_mbpp.json: 2 problems, 3 tests; the set has 3"),
        ("generations", [RIGHT] * 3, "generations_mbpp.json: a list of lists of programs was"),
        ("generations", [[RIGHT], [], [RIGHT]], "generations_mbpp.json: a list of lists of"),
        ("references", {"0": ""}, "references_mbpp.json: a list of texts was wanted"),
        ("evaluation_results", {"mbpp": 0.5}, 'evaluation_results_mbpp.json: {"mbpp": {"pass@1"'),
        ("evaluation_results", {"mbpp": {"pass@1": "x"}}, "evaluation_results_mbpp.json: {"),
    ],
)
@needs("python")
def test_a_malformed_file_is_named(run: Path, stem: str, content: object, said: str) -> None:
    write(run, stem, content)
    [line] = rescore_programs(run, 2)
    assert line.accuracy is None and line.problem.startswith(said)


@needs("python")
def test_a_missing_file_and_a_damaged_one_are_named(run: Path) -> None:
    (run / "references_mbpp.json").write_text("[")
    assert "references_mbpp.json: not JSON" in rescore_programs(run, 2)[0].problem
    (run / "references_mbpp.json").unlink()
    assert "references_mbpp.json is missing" in rescore_programs(run, 2)[0].problem


def test_an_unknown_task_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "generations_ds1000.json").write_text("[]")
    [line] = rescore_programs(tmp_path, 2)
    assert line.problem.endswith("known: humaneval, mbpp, multiple-js, multiple-cpp")


def test_without_isolation_nothing_is_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "missing", lambda language: "no isolation: of any kind")
    monkeypatch.setattr(sandbox, "judge_all", lambda *a, **k: pytest.fail("was run"))
    assert rescore_programs(run, 2)[0].problem == "no isolation: of any kind"


@published
@needs("python")
def test_a_forged_prompt_brings_no_helper_functions() -> None:
    """HumanEval/50 decodes what the prompt's own function encoded."""
    generations = json.loads(gzip.decompress((CODE / "generations_humaneval.json.gz").read_bytes()))
    references = json.loads(gzip.decompress((CODE / "references_humaneval.json.gz").read_bytes()))
    kind = rescoring.TASKS["humaneval"]
    [code], tests = generations[50], references[50]
    decoder = "\n    return ''.join(chr((ord(c) - 5 - 97) % 26 + 97) for c in s)\n"
    prompt = rescoring.given(code, "decode_shift")
    honest = rescoring.program(kind, prompt + decoder, tests)
    assert honest.given == prompt and sandbox.judge(honest).passed
    forged = "def encode_shift(s): return s\ndef decode_shift(s): return s"
    verdict = sandbox.judge(rescoring.program(kind, forged, tests))
    assert (verdict.passed, verdict.reason) == (False, "wrong answer")
    assert "encode_shift" in verdict.detail
