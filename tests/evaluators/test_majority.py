"""The majority predictor takes the same path as a model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lm_eval.api.instance import Instance

from evaluators import engine
from evaluators.majority import commonest
from federated.program import JobDirectory
from tests.evaluators.helpers import REPOSITORY, MakeJob


def requests(*golds: str) -> list[Instance]:
    options = ["negative", "neutral", "positive"]
    return [
        Instance("generate_until", {"item_id": i, "gold": gold, "options": options}, ("p", {}), 0)
        for i, gold in enumerate(golds)
    ]


def test_of_equally_common_answers_the_tasks_first_is_taken() -> None:
    assert commonest(requests("positive", "neutral", "positive")) == "positive"
    assert commonest(requests("positive", "neutral")) == "neutral"


def test_both_protocols_give_the_majority_share(make_job: MakeJob) -> None:
    result = engine.run(make_job())
    clean, official = (result["protocols"][p]["tasks"] for p in ("clean", "official"))
    assert [t["accuracy"] for t in clean] == [t["accuracy"] for t in official]
    assert all(t["accuracy"] >= 1 / 3 and t["compliance"] == 1.0 for t in official)


def test_torch_is_never_imported(make_job: MakeJob) -> None:
    code = (
        "import sys; from evaluators import engine; from evaluators.suites import SUITES;"
        "from federated.program import JobDirectory;"
        "from tests.evaluators.helpers import TINY; SUITES['tiny'] = TINY;"
        "engine.run(JobDirectory(sys.argv[1])); print('torch' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(make_job().path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert answer.stdout.strip() == "False", answer.stderr


@pytest.mark.mirror
def test_the_published_majority_shares_are_reproduced(mirror: Path, tmp_path: Path) -> None:
    """Specification 17.2: 60.1, 59.5 and 65.6 %, mean 61.8."""
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "method.json").write_text('{"predictor": "majority"}')
    base = {"id": "sprout/llama-3m", "revision": "main", "source": "mirror"}
    job = {"suite": "finance", "base": base, "adapter": "adapter"}
    (tmp_path / "job.json").write_text(json.dumps(job))
    result = engine.run(JobDirectory(tmp_path))
    for protocol in ("clean", "official"):
        found = result["protocols"][protocol]
        assert [round(t["accuracy"] * 100, 1) for t in found["tasks"]] == [60.1, 59.5, 65.6]
        assert round(found["average"] * 100, 1) == 61.8
