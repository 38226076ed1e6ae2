"""Training runs on the simulator: what changes their speed changes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from safetensors.numpy import load_file

from federated.engine import run
from federated.errors import BadJob
from federated.program import JobDirectory

MakeJob = Callable[..., JobDirectory]


def adapter(directory: JobDirectory) -> dict[str, np.ndarray]:
    return load_file(directory.path / "adapter" / "adapter_model.safetensors")


def same_bits(one: JobDirectory, two: JobDirectory) -> bool:
    a, b = adapter(one), adapter(two)
    return all(a[name].tobytes() == b[name].tobytes() for name in a)


def with_threads(directory: JobDirectory, threads: int) -> JobDirectory:
    file = directory.path / "job.json"
    job = json.loads(file.read_text())
    file.write_text(json.dumps({**job, "threads": threads}))
    return directory


def test_two_workers_give_the_bits_of_one(make_job: MakeJob) -> None:
    one, two = make_job("one"), with_threads(make_job("two"), 2)
    run(one), run(two)
    assert same_bits(one, two)


def test_a_run_says_how_its_clients_ran_and_who_held_what(make_job: MakeJob) -> None:
    directory = with_threads(make_job(), 2)
    result = run(directory)
    lines = [json.loads(line) for line in (directory.path / "profiles.jsonl").open()]
    rounds = [line for line in lines if line["event"] == "round"]
    clients = [line for line in lines if line["event"] == "client"]
    assert [(line["round"], line["workers"], line["clients"]) for line in rounds] == [
        (1, 2, 3), (2, 2, 3), (3, 2, 3), (4, 2, 3),
    ]  # fmt: skip
    assert len(clients) == 12
    assert sum(line["tokens"] for line in clients) == result["tokens"]
    assert sum(line["bytes_up"] for line in clients) == result["traffic"]["bytes_up"]
    assert sum(line["bytes_down"] for line in clients) == result["traffic"]["bytes_down"]
    held = json.loads((directory.path / "partition.json").read_text())
    assert held["sizes"] == list(result["partition_sizes"])


def test_lanes_give_the_sequential_adapter(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    plain, lanes = (make_job(name, lora__dropout="0", train__fraction="0.2") for name in "ab")
    run(plain)
    monkeypatch.setenv("SIMULATION_LANES", "4")
    run(lanes)
    assert "One client after another" not in capfd.readouterr().err
    a, b = adapter(plain), adapter(lanes)
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=0, atol=1e-5)


def test_lanes_that_are_refused_change_nothing(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    plain, lanes = make_job("a", lora__dropout="0.1"), make_job("b", lora__dropout="0.1")
    run(plain)
    monkeypatch.setenv("SIMULATION_LANES", "4")
    run(lanes)
    assert "One client after another" in capfd.readouterr().err
    assert same_bits(plain, lanes)


@pytest.mark.slow
@pytest.mark.xdist_group("ray")
def test_a_ray_cluster_gives_the_bits_of_this_machine(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker processes load the job's base and data themselves."""
    pytest.importorskip("ray")
    here, there = make_job("here", train__rounds="2"), make_job("there", train__rounds="2")
    run(here)
    monkeypatch.setenv("SIMULATION_BACKEND", "ray")
    run(there)
    assert same_bits(here, there)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("SIMULATION_BACKEND", "cloud", "'cloud'"), ("SIMULATION_LANES", "many", "'many'")],
)
def test_a_wrong_setting_is_refused(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadJob, match=f"{name} is {said}"):
        run(make_job())
