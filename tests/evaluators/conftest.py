"""A tiny suite on the tiny hub: three sets of a few dozen rows and a random Llama."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from evaluators.suites import SUITES
from federated import hub, model
from federated.program import JobDirectory
from tests.evaluators.helpers import (
    FORMS,
    TINY,
    MakeJob,
    facts,
    functions,
    rows,
    trials,
    write_table,
)


@pytest.fixture
def data(tiny_hub_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub of one's own, which a test may damage: the tiny model and the tiny suite's sets."""
    root, draw = tmp_path / "hub", random.Random(1)
    shutil.copytree(tiny_hub_folder, root)
    write_table(root, "wire", "train", rows(draw, 12, "wire"))
    for split, n in (("train", 30), ("validation", 5), ("test", 5)):
        write_table(root, "posts", split, rows(draw, n, "posts"))
    write_table(root, "tweets", "validation", rows(draw, 14, "tweets"))
    monkeypatch.setenv("HUB_MIRROR", str(root))
    for config, n in (("one", 9), ("two", 6)):
        write_table(root, "facts", "test", facts(draw, n, config), config)
    write_table(root, "trials", "test", trials(draw, 9))
    write_table(root, "functions", "test", functions(7, 8, 9))
    monkeypatch.setitem(SUITES, "tiny", TINY)
    monkeypatch.setitem(SUITES, "forms", FORMS)
    return root


@pytest.fixture
def make_job(data: Path, tmp_path: Path) -> MakeJob:
    """A function: fields of the job -> a job directory whose predictor is named by method.json."""

    def make(folder: str = "job", predictor: str = "majority", **fields: Any) -> JobDirectory:
        directory = tmp_path / folder
        (directory / "adapter").mkdir(parents=True, exist_ok=True)
        (directory / "adapter" / "method.json").write_text(json.dumps({"predictor": predictor}))
        job = {
            "suite": "tiny",
            "base": hub.pin_model("tiny/llama").model_dump(),
            "adapter": "adapter",
            "batch_size": 8,
            **fields,
        }
        (directory / "job.json").write_text(json.dumps(job))
        return JobDirectory(directory)

    return make


@pytest.fixture
def loaded(tiny_hub_folder: Path) -> model.Loaded:
    """The random Llama, on the CPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_MIRROR", str(tiny_hub_folder))
        return model.load_for_inference(hub.pin_model("tiny/llama"), None, device="cpu")
