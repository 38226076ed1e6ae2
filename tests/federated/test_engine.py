"""Whole training runs on the tiny hub: results, budget, resuming, refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from federated.engine import run
from federated.errors import BadJob, NotInHub, OverBudget
from federated.program import EXIT_REFUSED, JobDirectory

MakeJob = Callable[..., JobDirectory]


def progress(directory: JobDirectory, event: str) -> list[dict[str, object]]:
    lines = (directory.path / "progress.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == event]


def adapter(directory: JobDirectory) -> dict[str, np.ndarray]:
    return load_file(directory.path / "adapter" / "adapter_model.safetensors")


def test_a_run_ends_with_an_adapter_in_pefts_own_format(make_job: MakeJob) -> None:
    directory = make_job()
    result = run(directory)
    config = json.loads((directory.path / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny/llama"
    assert config["r"] == 2
    # rank 2; q 16 -> 16, v 16 -> 8; two layers: 2 * (2 * 32 + 2 * 24)
    assert sum(a.size for a in adapter(directory).values()) == 2 * (2 * 32 + 2 * 24)
    assert result["trained_parameters"] == 224
    assert result["rounds"] == 4
    assert sum(result["partition_sizes"]) == 1000
    assert any(float(np.abs(a).sum()) > 0 for n, a in adapter(directory).items() if "lora_B" in n)


def test_progress_has_a_line_a_round_and_the_meter_adds_up(make_job: MakeJob) -> None:
    directory = make_job()
    traffic = run(directory)["traffic"]
    rounds = progress(directory, "round")
    assert [line["round"] for line in rounds] == [1, 2, 3, 4]
    assert all(len(line["clients"]) == 3 for line in rounds)
    # 4 rounds of 3 clients with 2 steps of 4 examples
    assert rounds[-1]["examples"] == 4 * 3 * 2 * 4
    assert sum(line["bytes_down"] for line in rounds) == traffic["bytes_down"]
    # 224 float32 numbers and, for each of 8 arrays, its 128-byte header and its name.
    names = sum(len(name) for name in adapter(directory))
    assert rounds[0]["bytes_up"] == 3 * (224 * 4 + 8 * 128 + names)


def test_the_same_job_gives_the_same_bits(make_job: MakeJob) -> None:
    first, second = make_job("one"), make_job("two")
    run(first), run(second)
    a, b = adapter(first), adapter(second)
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_another_seed_gives_another_adapter(make_job: MakeJob) -> None:
    first, second = make_job("one"), make_job("two", seed="1")
    run(first), run(second)
    a, b = adapter(first), adapter(second)
    assert any(not np.array_equal(a[name], b[name]) for name in a)


def test_passing_the_budget_ends_the_run_with_the_figure(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make_job(train__rounds="200", budget__megabytes="1")
    monkeypatch.setattr("federated.hooks.message_bytes", lambda messages: 300 * 1024)
    with pytest.raises(OverBudget, match=r"1\.2 MiB exchanged by round 2, the budget is 1 MiB"):
        run(directory)


@pytest.mark.parametrize("method", ["majority", "untuned"])
def test_a_control_that_trains_nothing_names_its_predictor(make_job: MakeJob, method: str) -> None:
    directory = make_job(method=method)
    run(directory)
    named = json.loads((directory.path / "adapter" / "method.json").read_text())
    assert named == {"predictor": {"majority": "majority", "untuned": "base"}[method]}


def test_one_client_trains_alone(make_job: MakeJob) -> None:
    directory = make_job(method__name="one-client", method__client="7")
    run(directory)
    assert {tuple(line["clients"]) for line in progress(directory, "round")} == {(7,)}


@pytest.mark.parametrize("method", ["fedavg", "fedavgm"])
def test_a_killed_run_resumes_and_ends_bit_identical(make_job: MakeJob, method: str) -> None:
    whole, killed = make_job("whole", method=method), make_job("killed", method=method)
    run(whole)
    kill_after_round(killed.path, 2)
    assert (killed.path / "checkpoint.safetensors").is_file()
    start(killed.path).wait(timeout=120)
    assert progress(killed, "resume")
    assert json.loads((killed.path / "result.json").read_text())["rounds"] == 4
    a, b = adapter(whole), adapter(killed)
    assert all(a[name].tobytes() == b[name].tobytes() for name in a)


def start(folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "federated", str(folder)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_after_round(folder: Path, wanted: int) -> None:
    process = start(folder)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        file = folder / "progress.jsonl"
        if file.is_file() and f'"round": {wanted}' in file.read_text():
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_checkpoint_of_another_job_is_not_taken_up(make_job: MakeJob) -> None:
    directory = make_job()
    run(directory)
    job = directory.read_job()
    job["recipe"]["seed"] = 5
    (directory.path / "job.json").write_text(json.dumps(job))
    run(directory)
    assert not progress(directory, "resume")


def test_a_job_that_does_not_fit_is_refused_with_its_field(make_job: MakeJob) -> None:
    directory = make_job()
    job = directory.read_job()
    job["recipe"]["lora"]["rank"] = 0
    (directory.path / "job.json").write_text(json.dumps(job))
    with pytest.raises(BadJob, match=r"recipe\.lora\.rank"):
        run(directory)


def test_a_pin_that_has_moved_is_refused(make_job: MakeJob) -> None:
    directory = make_job()
    job = directory.read_job()
    job["base"]["revision"] = "000000000000"
    (directory.path / "job.json").write_text(json.dumps(job))
    with pytest.raises(NotInHub, match="no revision"):
        run(directory)


def test_the_program_refuses_a_wrong_call_and_an_unreadable_job(tmp_path: Path) -> None:
    assert start(tmp_path / "nowhere").wait(timeout=60) == EXIT_REFUSED
    (tmp_path / "job.json").write_text("{")
    assert start(tmp_path).wait(timeout=60) == EXIT_REFUSED
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["status"], result["error"]["code"]) == ("failed", "bad-job")


def test_a_layer_that_is_not_there_is_named(make_job: MakeJob) -> None:
    directory = make_job(lora__targets='["w_pack"]')
    with pytest.raises(Exception, match="no layer called 'w_pack'"):
        run(directory)
