"""`python -m federated.deploy APP_DIR --supernodes 2 [--run]`: the commands, or the run itself."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

import tomli_w

from ..errors import EngineError
from ..simulation.apps import override, read_manifest
from ..simulation.run_config import BadApp, read_toml
from .cluster import Cluster, answers
from .commands import Deployment, explain

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_REFUSED = 2
EXIT_CTRL_C = 128 + signal.SIGINT
EXIT_TERMINATED = 128 + signal.SIGTERM
FIRST_PORT = 9093


def main(arguments: list[str]) -> int:
    """0 shown or finished; 1 the run failed; 2 bad input; 130 Ctrl-C."""
    asked = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        override(read_manifest(asked.app).run_config, *asked.run_config)
        deployment = Deployment(asked.app, tuple(asked.run_config), *_ports(asked))
        if asked.run:
            return execute(deployment)
        print(explain(deployment), end="")
        return EXIT_DONE
    except EngineError as error:
        print("\n".join(filter(None, [error.message, error.hint])), file=sys.stderr)
        return EXIT_REFUSED if isinstance(error, BadApp) else EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_CTRL_C


def execute(deployment: Deployment) -> int:
    """Run a deployment on this machine; no file and no process stays."""
    with tempfile.TemporaryDirectory(prefix="flower-") as folder, Cluster(Path(folder)) as cluster:
        # 1. A folder for Flower, and an app that its command will not edit.
        (cluster.home / "config.toml").write_text(deployment.connection(), encoding="utf-8")
        app = without_federations(deployment.app, cluster.home / "app")
        # 2. The server, then the clients.
        cluster.start("SuperLink", deployment.superlink())
        cluster.wait("The SuperLink", lambda: answers(deployment.port))
        nodes = len(deployment.node_ports)
        for partition in range(nodes):
            cluster.start(f"SuperNode {partition}", deployment.supernode(partition))
        cluster.wait("A SuperNode", lambda: cluster.online() == nodes)
        # 3. The run.
        cluster.follow(deployment._replace(app=app).run())
        completed, words = cluster.outcome()
    if not completed:
        print(words, file=sys.stderr)
    return EXIT_DONE if completed else EXIT_FAILED


def without_federations(app: Path, copy: Path) -> Path:
    """`app`, or a copy if it still has its federations in itself, as older ones do.

    `flwr run` would move them to its own configuration and comment them out in the app's file.
    """
    whole = read_toml(app / "pyproject.toml")
    if "federations" not in whole["tool"]["flwr"]:
        return app
    del whole["tool"]["flwr"]["federations"]
    shutil.copytree(app, copy, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__"))
    (copy / "pyproject.toml").write_text(tomli_w.dumps(whole), encoding="utf-8")
    return copy


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m federated.deploy", description=__doc__)
    parser.add_argument("app", type=Path, metavar="APP_DIR", help="a folder with a Flower app")
    parser.add_argument("--supernodes", type=_at_least_one, default=2, metavar="N")
    parser.add_argument(
        "--run-config", action="append", default=[], metavar='"k=v ..."', help="as flwr run's"
    )
    parser.add_argument("--run", action="store_true", help="run it here, on free ports")
    return parser


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)


def _ports(asked: argparse.Namespace) -> tuple[int, tuple[int, ...]]:
    """Free ports to run on, or those that are easy to read."""
    count = asked.supernodes + 1
    if not asked.run:
        return FIRST_PORT, tuple(range(FIRST_PORT + 1, FIRST_PORT + count))
    with contextlib.ExitStack() as stack:  # all open at once, or the same one comes twice
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        first, *rest = [opened.getsockname()[1] for opened in sockets]
    return first, tuple(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
