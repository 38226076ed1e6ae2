"""Deployments: commands that Flower understands, and real SuperNodes on this machine."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from flwr.superlink.cli.flower_superlink import _parse_args_run_superlink
from flwr.supernode.cli.flower_supernode import _parse_args_run_supernode

from federated.deploy.__main__ import main, without_federations
from federated.deploy.cluster import Cluster, DeploymentFailed
from federated.deploy.commands import Deployment, explain
from tests.conftest import REPOSITORY
from tests.federated.simulation.apps.by_hand import fedavg

QUICKSTART = Path(__file__).parent / "simulation" / "apps" / "quickstart"
TWO = Deployment(Path("some app"), ("rounds=2 name='a b'",), 9093, (9094, 9095))


def test_the_printed_commands_are_ones_that_this_flower_understands() -> None:
    lines = explain(TWO).splitlines()
    links = [shlex.split(line) for line in lines if line.startswith("flower-superlink")]
    nodes = [shlex.split(line) for line in lines if line.startswith("flower-supernode")]
    runs = [shlex.split(line) for line in lines if line.startswith("flwr run")]

    link = _parse_args_run_superlink().parse_args(links[0][1:])
    assert (link.host, link.port, link.insecure) == ("127.0.0.1", 9093, True)
    assert link.runtime_dependency_install is False  # else it would call uv
    parsed = [_parse_args_run_supernode().parse_args(node[1:]) for node in nodes]
    assert [(node.superlink, node.port, node.node_config) for node in parsed] == [
        ("127.0.0.1:9093", 9094, "partition-id=0 num-partitions=2"),
        ("127.0.0.1:9093", 9095, "partition-id=1 num-partitions=2"),
    ]
    assert runs == [
        ["flwr", "run", "some app", "local-deployment", "--stream",
         "--run-config", "rounds=2 name='a b'"],
    ]  # fmt: skip


def test_the_printed_connection_names_the_superlink() -> None:
    table = explain(TWO).partition("<<'END'\n")[2].partition("END\n")[0]
    assert tomllib.loads(table) == {
        "superlink": {"local-deployment": {"address": "127.0.0.1:9093", "insecure": True}}
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "pyproject.toml is not there"),
        ([str(QUICKSTART), "--run-config", "round=1"], "did you mean 'rounds'?"),
    ],
)
def test_bad_input_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert main([*arguments, "--run"]) == 2
    assert words in capsys.readouterr().err
    signal.signal(signal.SIGTERM, before)


def test_an_app_with_federations_is_copied_for_flwr_would_edit_it(tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(QUICKSTART, app)
    file = app / "pyproject.toml"
    file.write_text(file.read_text() + "\n[tool.flwr.federations]\ndefault = 'local'\n")
    before = file.read_text()

    copy = without_federations(app, tmp_path / "copy")
    changed = tomllib.loads((copy / "pyproject.toml").read_text())
    expected = tomllib.loads(before)
    del expected["tool"]["flwr"]["federations"]
    assert changed == expected
    assert (copy / "quickstart" / "client_app.py").is_file()
    assert file.read_text() == before


def test_an_app_without_federations_is_taken_as_it_is(tmp_path: Path) -> None:
    assert without_federations(QUICKSTART, tmp_path / "copy") == QUICKSTART
    assert not (tmp_path / "copy").exists()


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_process_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(
            DeploymentFailed, match=r"(?s)SuperLink ended with exit code 3.*no port left"
        ),
        Cluster(tmp_path) as cluster,
    ):
        cluster.start("SuperLink", python("print('no port left'); raise SystemExit(3)"))
        cluster.wait("The SuperLink", lambda: False)


def test_offspring_in_sessions_of_its_own_ends_with_the_cluster(tmp_path: Path) -> None:
    child = "import os, time; os.setsid(); open('{}', 'w').write(str(os.getpid())); time.sleep(600)"
    grandchild = tmp_path / "grandchild"
    code = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}"
        f".format({str(grandchild)!r})])"
    )
    with Cluster(tmp_path) as cluster:
        cluster.start("SuperLink", python(f"{code}; import time; time.sleep(600)"))
        cluster.wait("The grandchild", lambda: grandchild.exists() and grandchild.read_text() != "")
        pid = int(grandchild.read_text())
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


class Stage:
    """A temporary folder and home, and a mark by which every process started here is known."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mark = folder, f"{folder}"
        for name in ("home", "temporary"):
            (folder / name).mkdir()

    def deploy(self, run_config: str) -> subprocess.Popen[str]:
        """Start `python -m federated.deploy --run` with two SuperNodes."""
        environment = {
            **os.environ,
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "temporary"),
            "PYTHONPATH": str(REPOSITORY),
            "DEPLOYED_BY": self.mark,
        }
        command = [sys.executable, "-m", "federated.deploy", str(QUICKSTART), "--run"]
        return subprocess.Popen(
            [*command, "--supernodes", "2", "--run-config", run_config],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self) -> list[psutil.Process]:
        """What lives and was started from here."""
        return [process for process in psutil.process_iter() if self._ours(process)]

    def is_clean(self) -> bool:
        """Whether neither a process nor a file is left, and Flower's usual folder untouched."""
        files = [*(self.folder / "home").iterdir(), *(self.folder / "temporary").iterdir()]
        return not self.processes() and not files

    def _ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("DEPLOYED_BY") == self.mark
        except psutil.Error:
            return False


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait for something; whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.slow
@pytest.mark.xdist_group("deployment")
def test_two_supernodes_reach_the_weights_that_mathematics_gives(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    deployed = stage.deploy("rounds=2 evaluate=false data.spread=0.5 save-to='weights.npz'")
    output, _ = deployed.communicate(timeout=240)
    assert deployed.returncode == 0, output
    assert "quickstart finished after 2 rounds" in output
    with np.load(tmp_path / "weights.npz") as saved:
        found = [*saved["weights"], *saved["bias"]]
    np.testing.assert_allclose(found, fedavg(2, rounds=2, spread=0.5), rtol=1e-12)
    assert stage.is_clean()


@pytest.mark.slow
@pytest.mark.xdist_group("deployment")
def test_a_server_that_fails_is_told_with_its_reason_and_1(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    deployed = stage.deploy("strategy='FedNothing'")
    output, _ = deployed.communicate(timeout=240)
    assert deployed.returncode == 1, output
    assert "The run is finished:failed: ServerApp failed with exception" in output
    assert stage.is_clean()


@pytest.mark.slow
@pytest.mark.xdist_group("deployment")
def test_ctrl_c_ends_all_of_a_deployment(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    deployed = stage.deploy("rounds=100")
    # The command, the SuperLink, two SuperNodes and what each of these three starts.
    started = until(lambda: len(stage.processes()) > 6, seconds=60)
    deployed.send_signal(signal.SIGINT)
    output, _ = deployed.communicate(timeout=60)
    assert started and deployed.returncode == 130, output
    assert stage.is_clean()
