"""The same tests over the servers that production uses: PostgreSQL and Redis, started here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaderboard.helpers import REPOSITORY, until

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ON_POSTGRES = (
    "test_lost_workers", "test_boards", "test_reevaluate", "test_two_hundred", "test_quota",
    "../api/test_once",
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def postgres_programs() -> Path:
    """The newest installed server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")


def _version(program: Path) -> int:
    name = program.parent.parent.name
    return int(name) if name.isdecimal() else 0


def as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root; its own account is there wherever its server is."""
    if os.geteuid() != 0:
        return list(command)
    if not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and there is no runuser")
    return ["runuser", "-u", "postgres", "--", *command]


@pytest.fixture
def postgres() -> Iterator[str]:
    """URL of a server of our own."""
    programs = postgres_programs()
    # Not below pytest's folder: that is closed to other accounts.
    root = Path(tempfile.mkdtemp(prefix="leaderboard-pg-"))
    if os.geteuid() == 0:
        shutil.chown(root, "postgres", "postgres")
    port, data = free_port(), root / "data"
    subprocess.run(
        as_postgres(str(programs / "initdb"), "-D", str(data), "-U", "test", "-A", "trust", "-N"),
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    with (root / "log").open("wb") as log:
        server = subprocess.Popen(
            as_postgres(str(programs / "postgres"), "-D", str(data), "-k", str(root), *options),
            cwd="/", stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(lambda: answers(port))
        yield f"postgresql://test@127.0.0.1:{port}/postgres"
    finally:
        # runuser passes the signal on; SIGINT is PostgreSQL's fast shutdown.
        subprocess.run(
            as_postgres(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"),
            check=False, capture_output=True, cwd="/",
        )  # fmt: skip
        server.wait(20)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """URL of a server of our own."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no Redis server is installed (apt-get install redis-server)")
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    until(lambda: answers(port))
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(20)


def nested(modules: tuple[str, ...], **environment: str) -> None:
    """Run tests in a process whose settings name another server."""
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly",
         "-p", "no:xdist", *(str(HERE / f"{module}.py") for module in modules)],
        cwd=REPOSITORY, env={**os.environ, **environment}, capture_output=True, text=True,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    assert " passed" in found.stdout


def test_nothing_but_the_url_changes_with_postgresql(postgres: str) -> None:
    nested(ON_POSTGRES, DATABASE_URL=postgres)


def test_nothing_but_the_urls_changes_with_postgresql_and_redis(postgres: str, redis: str) -> None:
    nested(("test_celery_worker",), DATABASE_URL=postgres, TEST_BROKER_URL=redis)
