"""`python -m federated.simulation` as a person uses it, and what it prints."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from federated.simulation.__main__ import main
from federated.simulation.console import Progress, Summary, summarise
from federated.simulation.grid import Seen
from tests.conftest import REPOSITORY
from tests.federated.simulation.apps.by_hand import fedavg

QUICKSTART = Path(__file__).parent / "apps" / "quickstart"
COMMAND = [sys.executable, "-m", "federated.simulation", str(QUICKSTART), "--workers", "2"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY)}


def simulate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with `folder` as the current one."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def same_process() -> Iterator[None]:
    """`main` sets how this process ends; afterwards that is as it was."""
    before = signal.getsignal(signal.SIGTERM), sys.path[:]
    yield
    signal.signal(signal.SIGTERM, before[0])
    sys.path[:] = before[1]


def test_an_app_runs_to_the_weights_that_mathematics_gives(tmp_path: Path) -> None:
    config = "rounds=2 data.spread=0.5 save-to='weights.npz'"
    ended = simulate(
        tmp_path, "--supernodes", "5", "--run-config", config, "--profiles", "profiles.jsonl"
    )

    assert ended.returncode == 0, ended.stderr
    # The app's relative path is under the folder the command was called in.
    with np.load(tmp_path / "weights.npz") as saved:
        found = [*saved["weights"], *saved["bias"]]
    np.testing.assert_allclose(found, fedavg(5, rounds=2, spread=0.5), rtol=1e-12)
    # What the app prints is all of stdout; the rest is told on stderr.
    assert ended.stdout == "quickstart finished after 2 rounds\n"
    *rounds, report = ended.stderr.splitlines()
    assert [line.split(":")[0] for line in rounds] == [
        "round 1 train", "round 1 evaluate", "round 2 train", "round 2 evaluate",
    ]  # fmt: skip
    assert report.startswith("quickstart: 2 rounds in ")
    assert "20 clients" in report and "0 failed" in report  # 5 trained and 5 evaluated, twice
    lines = [json.loads(line) for line in (tmp_path / "profiles.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == [*["client"] * 5, "round"] * 4


def test_a_client_that_fails_is_told_with_its_reason_and_the_run_goes_on(tmp_path: Path) -> None:
    config = "rounds=2 evaluate=false misbehave.how='die' misbehave.partition=3"
    ended = simulate(tmp_path, "--supernodes", "4", "--run-config", config)
    assert ended.returncode == 0, ended.stderr
    assert "client 3 failed: the worker process was killed by signal 9" in ended.stderr
    assert "8 clients" in ended.stderr.splitlines()[-1]
    assert "1 failed" in ended.stderr.splitlines()[-1]


def test_an_app_that_raises_ends_with_its_traceback_and_1(tmp_path: Path) -> None:
    ended = simulate(tmp_path, "--supernodes", "2", "--run-config", "strategy='FedNothing'")
    assert ended.returncode == 1
    assert "has no attribute 'FedNothing'" in ended.stderr


def test_quiet_leaves_only_what_the_app_prints(tmp_path: Path) -> None:
    config = "rounds=1 evaluate=false"
    ended = simulate(tmp_path, "--supernodes", "2", "--run-config", config, "--quiet")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "quickstart finished after 1 rounds\n"


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_no_process_behind(
    tmp_path: Path, ending: signal.Signals, code: int
) -> None:
    config = "misbehave.how='hang' rounds=1"
    running = subprocess.Popen(
        [*COMMAND, "--supernodes", "4", "--run-config", config],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
    )
    process = psutil.Process(running.pid)
    deadline = time.monotonic() + 60
    while len(workers := process.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers) == 2
    time.sleep(0.5)  # one of them is in the hanging client by now

    running.send_signal(ending)
    running.communicate(timeout=30)
    assert running.returncode == code
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []


def test_a_terminal_is_shown_a_bar(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    config = "rounds=1 train.seconds-per-row=0.01"
    with subprocess.Popen(
        [*COMMAND, "--supernodes", "3", "--run-config", config],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as running:
        os.close(theirs)
        shown = _read_all(ours)
    assert running.returncode == 0
    assert "round 1 train: " in shown
    assert "3/3 [" in shown
    assert "0 failed]" in shown


def _read_all(descriptor: int) -> str:
    text = b""
    try:
        while piece := os.read(descriptor, 4096):
            text += piece
    except OSError:  # Linux: the other side is closed
        pass
    os.close(descriptor)
    return text.decode()


@pytest.mark.usefixtures("same_process")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "--supernodes", "2"], "pyproject.toml is not there"),
        ([str(QUICKSTART)], "How many clients? Give --supernodes N."),
        ([str(QUICKSTART), "--supernodes", "0"], "0 supernodes: a whole number of at least 1"),
        (
            [str(QUICKSTART), "--supernodes", "2", "--run-config", "round=1"],
            "did you mean 'rounds'",
        ),
        ([str(QUICKSTART), "--supernodes", "2", "--steal", "2"], "--steal '2': Input should be"),
        (
            [str(QUICKSTART), "--supernodes", "2", "--profiles", "no/such/folder/file"],
            "there is no such folder",
        ),
    ],
)
def test_bad_input_is_refused_in_words_with_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_where_nobody_looks_on_each_round_is_one_line_however_often_it_is_seen() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for seen in (
        Seen(1, "train", 1, 3, 0),
        Seen(1, "train", 3, 3, 1),
        Seen(1, "train", 3, 3, 1),
        Seen(1, "evaluate", 1, 1, 0),
        Seen(2, "train", 2, 3, 0),
    ):
        progress(seen)
    lines = [line.rpartition(", ")[0] for line in stream.getvalue().splitlines()]
    assert lines == ["round 1 train: 3 clients, 1 failed", "round 1 evaluate: 1 client"]


def test_a_summary_weighs_each_round_by_its_time() -> None:
    lines = [
        {"event": "client", "outcome": "done"},
        {"event": "client", "outcome": "failed"},
        {"event": "round", "round": 1, "kind": "train", "seconds": 3.0, "idle": 0.0},
        {"event": "client", "outcome": "done"},
        {"event": "round", "round": 1, "kind": "evaluate", "seconds": 1.0, "idle": 0.8},
    ]
    # (1.0 * 3 s + 0.2 * 1 s) / 4 s = 0.8; 3 clients in 6 s are 0.5 a second.
    summary = summarise(map(json.dumps, lines), seconds=6.0)
    assert summary == Summary(rounds=1, clients=3, failed=1, seconds=6.0, busy=pytest.approx(0.8))
    assert str(summary) == (
        "1 round in 6.00 s: 3 clients (0.5/s), 1 failed, workers busy 80% of the rounds' time"
    )


def test_a_run_without_a_round_has_a_summary_too() -> None:
    assert str(summarise([], 2.0)) == "0 rounds in 2.00 s: 0 clients (0.0/s), 0 failed"
