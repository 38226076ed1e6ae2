"""Jobs on the tiny hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from federated import hub
from federated.job import Job
from federated.program import JobDirectory
from federated.reading import read

RECIPE = """
name = "tiny"
domain = "finance"
[base]
model = "tiny/llama"
[lora]
rank = 2
[train]
rounds = 4
fraction = 0.06
local_steps = 2
batch_size = 4
sequence_length = 128
learning_rate_max = 0.01
"""

MakeJob = Callable[..., JobDirectory]


@pytest.fixture
def make_job(tiny_hub: Path, tmp_path: Path) -> MakeJob:
    """A function: dotted overrides -> a job directory."""

    def make(folder: str = "job", **overrides: str) -> JobDirectory:
        dotted = {key.replace("__", "."): value for key, value in overrides.items()}
        recipe = read(RECIPE, dotted)
        job = Job(
            recipe=recipe,
            base=hub.pin_model("tiny/llama"),
            dataset=hub.pin_dataset("flwrlabs/fingpt-sentiment-train"),
            threads=1,
        )
        directory = tmp_path / folder
        directory.mkdir()
        (directory / "job.json").write_text(json.dumps(job.as_dict()))
        return JobDirectory(directory)

    return make
