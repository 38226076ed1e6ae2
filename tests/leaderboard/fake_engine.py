"""An engine without models: same face, same files, told by the recipe's description what to do.

The description is a list of words: `training:fail=diverged`, `evaluation:slow=20`, `score=0.7`.
    slow=S        sleep S seconds before each step (a round, a task)
    fail=CODE     fail for good
    again=N       fail N times in a way that may pass, then go on
    kill=N        die from SIGKILL N times
    silent        end with exit code 3 and no result
    child         leave a grandchild behind
    written       write how the clients ran and what they hold
    nan           report a loss that is not a number
    deaf          ignore SIGTERM
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evaluators.job import Job as EvaluationJob
from evaluators.job import ProtocolScore, TaskScore
from evaluators.job import Result as EvaluationResult
from federated.errors import EngineError
from federated.job import Job as TrainingJob
from federated.job import Result as TrainingResult
from federated.job import Traffic
from federated.program import JobDirectory, main

ROUNDS = 3
TASKS = {"fpb": 40, "fiqa": 20, "tfns": 60}


class Told(EngineError):
    """Fails because it was told to."""


def words(plan: str, engine: str) -> dict[str, str]:
    """What concerns this engine: words without a prefix concern both."""
    found = {}
    for word in plan.split():
        prefix, colon, rest = word.partition(":")
        if not colon or prefix == engine:
            key, _, value = (rest if colon else word).partition("=")
            found[key] = value
    return found


def times(directory: JobDirectory) -> int:
    """Which start of this engine in this directory it is, from 1."""
    file = directory.path / "starts"
    with file.open("a") as opened:
        opened.write("x")
    return file.stat().st_size


def misbehave(told: dict[str, str], directory: JobDirectory) -> None:
    """Do what was asked for before the work starts."""
    started = times(directory)
    print(f"start {started}", flush=True)
    if "deaf" in told:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "child" in told:
        child = subprocess.Popen(["sleep", "300"])
        (directory.path.parent / "grandchild").write_text(str(child.pid))
    if "silent" in told:
        os._exit(3)
    if started <= int(told.get("kill", 0)):
        os.kill(os.getpid(), signal.SIGKILL)
    if started <= int(told.get("again", 0)):
        error = Told("Not now.", "Later perhaps.")
        error.permanent, error.code = False, "not-now"
        raise error
    if "fail" in told:
        error = Told("Told to fail.", "Ask for something else.")
        error.code = told["fail"]
        raise error


def train(directory: JobDirectory) -> dict:
    """Three rounds; a round that was finished before is not done again."""
    job = TrainingJob.parse(directory.read_job())
    plan = job.recipe.description
    told = words(plan, "training")
    checkpoint = directory.path / "checkpoint"
    done = int(checkpoint.read_text()) if checkpoint.exists() else 0
    directory.progress(
        "start", of=ROUNDS, unit="round", clients=50, per_round=5, parameters=1000,
        budget_mib=job.recipe.budget.megabytes, device="cpu", dtype="float32",
    )  # fmt: skip
    misbehave(told, directory)
    if done:
        directory.progress("resume", round=done)
    for number in range(done + 1, ROUNDS + 1):
        time.sleep(float(told.get("slow", 0)))
        loss = float("nan") if "nan" in told else 1 / number
        directory.progress(
            "round", round=number, of=ROUNDS, loss=loss, mib=2.0 * number, seconds=0.5
        )
        print(f"round {number}", flush=True)
        checkpoint.write_text(str(number))
    if "written" in told:
        (directory.path / "profiles.jsonl").write_text('{"event": "round", "round": 1}\n')
        (directory.path / "partition.json").write_text('{"sizes": [3]}')
    adapter = directory.path / "adapter"
    adapter.mkdir(exist_ok=True)
    (adapter / "plan.txt").write_text(plan)
    (adapter / "adapter_model.safetensors").write_bytes(b"weights of " + job.recipe.name.encode())
    return TrainingResult(
        method=job.recipe.method.name, predictor="adapter", rounds=ROUNDS, clients=50,
        clients_per_round=5, trained_parameters=1_500_000, total_parameters=7_000_000,
        traffic=Traffic(bytes_down=2**29, bytes_up=2**29, budget_mib=200_000), seconds=12.5,
        peak_memory_bytes=2**30, final_loss=0.5, examples=480, tokens=4800, device="cpu",
        dtype="float32", quantization="none", threads=job.threads, notes=("a note",),
    ).model_dump(mode="json")  # fmt: skip


def evaluate(directory: JobDirectory) -> dict:
    """Three tasks under two protocols, all with the score that was asked for."""
    job = EvaluationJob.parse(directory.read_job())
    plan = (directory.path / job.adapter / "plan.txt").read_text()
    told = words(plan, "evaluation")
    directory.progress("start", of=2 * sum(TASKS.values()), unit="item", suite=job.suite)
    misbehave(told, directory)
    share = float(told.get("score", 0.5))
    (directory.path / "items").mkdir(exist_ok=True)
    protocols, done = {}, 0
    for protocol in job.protocols:
        scores = []
        for task, n in TASKS.items():
            time.sleep(float(told.get("slow", 0)))
            done += n
            directory.progress("items", done=done, of=2 * sum(TASKS.values()), task=task)
            items = f"items/{protocol}-{task}.parquet"
            (directory.path / items).write_text(f"{task} {protocol} {share}")
            scores.append(
                TaskScore(
                    task=task,
                    n=n,
                    accuracy=share,
                    stderr=0.05,
                    low=share - 0.1,
                    high=share + 0.1,
                    chance=1 / 3,
                    corrected=(share - 1 / 3) * 1.5,
                    compliance=1.0,
                    items=items,
                )
            )
        protocols[protocol] = ProtocolScore(
            tasks=tuple(scores), average=share, stderr=0.03, low=share - 0.06, high=share + 0.06,
            corrected=(share - 1 / 3) * 1.5,
        )  # fmt: skip
    return EvaluationResult(
        suite=job.suite, suite_version="1", evaluator_version=told.get("version", "1"),
        protocols=protocols, limit=None, seconds=3.5, peak_memory_bytes=2**29, device="cpu",
        dtype="float32", quantization="none",
    ).model_dump(mode="json")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], {"training": train, "evaluation": evaluate}[sys.argv[1]], "usage"))
