"""The training engine: one job in, one adapter out."""

from __future__ import annotations

import json
from typing import Any

from . import measure
from .job import Job, Result, Traffic
from .methods import METHODS, Method
from .program import JobDirectory


def run(directory: JobDirectory) -> dict[str, Any]:
    """Do the job in `directory` and answer the fields of its `Result`."""
    # 1. What is asked.
    job = Job.parse(directory.read_job())
    method = METHODS[job.recipe.method.name]
    (directory.path / "adapter").mkdir(exist_ok=True)
    # 2. A method that trains nothing is done without torch.
    if not method.trains:
        return _named(directory, job, method).model_dump(mode="json")
    # 3. The others train over a simulated federation.
    from .training import train

    return train(directory, job, method).model_dump(mode="json")


def _named(directory: JobDirectory, job: Job, method: Method) -> Result:
    """Hand on the name of a method's predictor in the place of an adapter."""
    directory.progress("start", of=0, unit="round", clients=0, per_round=0, parameters=0)
    method_file = directory.path / "adapter" / "method.json"
    method_file.write_text(json.dumps({"predictor": method.predictor}) + "\n", encoding="utf-8")
    return Result(
        method=method.key,
        predictor=method.predictor,
        rounds=0,
        clients=0,
        clients_per_round=0,
        trained_parameters=0,
        total_parameters=0,
        traffic=Traffic(bytes_down=0, bytes_up=0, budget_mib=job.recipe.budget.megabytes),
        seconds=0.0,
        peak_memory_bytes=measure.peak_memory(),
        final_loss=None,
        examples=0,
        tokens=0,
        device="none",
        dtype="none",
        quantization="none",
        threads=job.threads,
        environment=measure.environment(()),
        files=measure.digests(directory.path / "adapter"),
    )
