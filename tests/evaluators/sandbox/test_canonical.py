"""The datasets' own solutions pass their own tests: nothing honest is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from evaluators.sandbox import Program, cpp, judge_all
from tests.evaluators.sandbox.helpers import needs

pytestmark = [pytest.mark.mirror]

OPENAI = "openai/openai_humaneval/openai_humaneval/test.parquet"
MBPP = "google-research-datasets/mbpp/full"
MULTIPLE = "nuprl/MultiPL-E/humaneval-{}/test.parquet"


def rows(mirror: Path, file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(mirror / "datasets" / file).to_pylist()
    return found


def failures(programs: list[Program]) -> list[tuple[int, str, str]]:
    verdicts = judge_all(programs, workers=2)
    return [(i, v.reason, v.detail) for i, v in enumerate(verdicts) if not v.passed]


@needs("python")
def test_all_of_humaneval_passes(mirror: Path) -> None:
    programs = [
        Program(
            "python",
            row["prompt"].strip() + "\n" + row["canonical_solution"],
            f"\n{row['test']}\ncheck({row['entry_point']})",
            row["entry_point"],
            given=row["prompt"].strip(),
        )
        for row in rows(mirror, OPENAI)
    ]
    assert len(programs) == 164
    assert failures(programs) == []


@needs("python")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "n"), [("test", 500), ("train", 374), ("validation", 90), ("prompt", 10)]
)
def test_all_of_mbpp_passes(split: str, n: int, mirror: Path) -> None:
    programs = [
        Program("python", row["code"], "\n".join(row["test_list"]), "", row["test_setup_code"])
        for row in rows(mirror, f"{MBPP}/{split}.parquet")
    ]
    assert len(programs) == n
    assert failures(programs) == []


@needs("python")
def test_nothing_passes_where_every_answer_is_none(mirror: Path) -> None:
    programs = [
        Program(
            "python",
            f"def {row['entry_point']}(*args): return None",
            f"{row['test']}\ncheck({row['entry_point']})",
            row["entry_point"],
            given=row["prompt"],
        )
        for row in rows(mirror, OPENAI)[:30]
    ]
    assert {i for i, *_ in failures(programs)} == set(range(30))


def test_every_test_of_cpp_is_taken_apart(mirror: Path) -> None:
    tests = [row["tests"] for row in rows(mirror, MULTIPLE.format("cpp"))]
    cases = [cpp.parts(test)[1] for test in tests]
    assert (len(cases), sum(map(len, cases))) == (161, sum(t.count("assert(") for t in tests))
