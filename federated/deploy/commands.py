"""The commands of a deployment, as flwr 1.41 wants them.

Everything a SuperLink offers is behind one HTTP port; `flwr` knows it by a name in `config.toml`.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

LINK = "local-deployment"
# Flower would tell its makers of each command, and look for newer versions of itself.
QUIET = {"FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1"}


class Deployment(NamedTuple):
    """An app, overrides of its run configuration, the SuperLink's port and one of each SuperNode.

    Everything listens on this machine only.
    """

    app: Path
    run_config: tuple[str, ...]
    port: int
    node_ports: tuple[int, ...]

    def connection(self) -> str:
        """The table of `config.toml` that gives the SuperLink its name."""
        return f'[superlink.{LINK}]\naddress = "127.0.0.1:{self.port}"\ninsecure = true\n'

    def superlink(self) -> list[str]:
        """The server; dependencies are those of the environment it is started in."""
        return [
            "flower-superlink", "--insecure", "--host", "127.0.0.1", "--port", str(self.port),
            "--disable-runtime-dependency-installation",
        ]  # fmt: skip

    def supernode(self, partition: int) -> list[str]:
        """The client that holds one partition."""
        config = f"partition-id={partition} num-partitions={len(self.node_ports)}"
        return [
            "flower-supernode", "--insecure", "--superlink", f"127.0.0.1:{self.port}",
            "--port", str(self.node_ports[partition]), "--node-config", config,
        ]  # fmt: skip

    def run(self) -> list[str]:
        """The run; the command shows its log and ends with it."""
        overrides = [word for text in self.run_config for word in ("--run-config", text)]
        return ["flwr", "run", str(self.app), LINK, "--stream", *overrides]


def explain(deployment: Deployment) -> str:
    """A deployment as text for a shell, to be pasted part by part."""
    nodes = [deployment.supernode(partition) for partition in range(len(deployment.node_ports))]
    return f"""\
# 1. In every terminal: Flower talks to nobody else.
export {" ".join(f"{name}={value}" for name, value in QUIET.items())}

# 2. Once: the SuperLink's name, for flwr.
mkdir -p ~/.flwr && cat >> ~/.flwr/config.toml <<'END'
{deployment.connection()}END

# 3. The server.
{shlex.join(deployment.superlink())}

# 4. The clients, each in a terminal of its own.
{chr(10).join(map(shlex.join, nodes))}

# 5. The run, with its log.
{shlex.join(deployment.run())}

# On several machines: --host 0.0.0.0 at the SuperLink and its address at the SuperNodes;
# --ssl-certfile, --ssl-keyfile and --ssl-ca-certfile at the SuperLink and --root-certificates at
# the SuperNodes, both instead of --insecure; root-certificates in config.toml.
"""
