"""Both engines one after the other on real data: what a worker does, without the site."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from federated import hub
from federated.job import Job
from federated.reading import read

ROOT = Path(__file__).parent.parent
RECIPE = ROOT / "federated" / "recipes" / "finance" / "fedavg.toml"
SMALL = {
    "base.model": "sprout/llama-3m",
    "train.rounds": "2",
    "train.local_steps": "1",
    "train.batch_size": "4",
    "train.learning_rate_max": "1e-3",
}


def engine(name: str, folder: Path) -> dict[str, Any]:
    subprocess.run([sys.executable, "-m", name, str(folder)], cwd=ROOT, check=True)
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return result


@pytest.mark.mirror
def test_the_finance_recipe_runs_on_a_real_base_and_real_data(mirror: Path, tmp_path: Path) -> None:
    recipe = read(RECIPE.read_text(), SMALL)
    base = hub.pin_model(recipe.base.model)
    dataset = hub.pin_dataset("flwrlabs/fingpt-sentiment-train")
    train, evaluate = tmp_path / "train", tmp_path / "evaluate"
    train.mkdir()
    job = Job(recipe=recipe, base=base, dataset=dataset, threads=1)
    (train / "job.json").write_text(json.dumps(job.as_dict()))
    trained = engine("federated", train)
    assert (trained["clients"], trained["clients_per_round"]) == (50, 5)
    # rank 32; q 192 -> 192, v 192 -> 96; 6 layers: 32 * (384 + 288) * 6
    assert trained["trained_parameters"] == 129_024

    shutil.copytree(train / "adapter", evaluate / "adapter")
    job_file = {"suite": "finance", "base": base.model_dump(), "adapter": "adapter", "limit": 8}
    (evaluate / "job.json").write_text(json.dumps(job_file))
    result = engine("evaluators", evaluate)
    for protocol in ("clean", "official"):
        scored = result["protocols"][protocol]
        assert [task["n"] for task in scored["tasks"]] == [8, 8, 8]
        assert scored["low"] < scored["average"] < scored["high"]
