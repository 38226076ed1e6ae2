"""The command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from evaluators.__main__ import start
from tests.evaluators.helpers import REPOSITORY, MakeJob


@pytest.mark.parametrize("arguments", [[], ["--help"], ["a", "b"]])
def test_a_wrong_call_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(arguments) == 2
    assert "JOB_DIR" in capsys.readouterr().err


def test_a_folder_without_a_job_is_refused_with_a_result(make_job: MakeJob) -> None:
    directory = make_job()
    (directory.path / "job.json").unlink()
    assert start([str(directory.path)]) == 2
    found = json.loads((directory.path / "result.json").read_text())
    assert (found["status"], found["error"]["code"]) == ("failed", "bad-job")


def test_a_finance_job_without_its_data_ends_well_and_unscored(make_job: MakeJob) -> None:
    """As a program: no score, three reasons, no traceback."""
    directory = make_job(suite="finance")
    call = [sys.executable, "-m", "evaluators", str(directory.path)]
    answer = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "Traceback" not in answer.stderr
    found = json.loads((directory.path / "result.json").read_text())
    tasks = found["protocols"]["clean"]["tasks"]
    assert [task["accuracy"] for task in tasks] == [None, None, None]
    assert all("unknown dataset" in task["unscored"] for task in tasks)
