"""One system on one task, in this process: `python -m tests.benchmarks.simulator` and a JSON job.

Writes `OUT.json` with the moments of its rounds (seconds of the monotonic clock) and `OUT.npz` with
the final weights. The job: {"system", "task", "habit", "settings", "profiles", "out"}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .tasks import TASKS, Record


def run(job: dict[str, Any]) -> Record:
    task = TASKS[job["task"]]
    if job["system"] == "pfl":
        from .pfl_run import pfl

        return pfl(task)
    if job["system"] == "bare":
        from .floor import bare

        return bare(task)
    from . import rivals

    if job["system"] == "stock":
        return rivals.stock(task, job["habit"])
    return rivals.ours(task, job["habit"], job["settings"], Path(job["profiles"]))


def main() -> None:
    torch.set_num_threads(1)
    job = json.loads(sys.argv[1])
    if job["system"] == "idle":
        from .sweep import idle

        return idle(job)
    record = run(job)
    if os.environ.get("RANK", "0") != "0":
        return None
    np.savez(job["out"] + ".npz", **record.arrays)
    with open(job["out"] + ".json", "w", encoding="utf-8") as file:
        json.dump({"marks": record.marks, "steps": record.steps}, file)
    return None


if __name__ == "__main__":
    main()
