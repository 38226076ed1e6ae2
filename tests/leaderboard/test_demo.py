"""`demo`: a worker, a web server and every recipe of a domain, in one command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from leaderboard.management import demo_site
from tests.leaderboard.helpers import REPOSITORY, environment, until

# One after the other: both look for a free port.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("demo"),
    pytest.mark.django_db(transaction=True),
]

RECIPES = len(list((REPOSITORY / "federated/recipes/finance").glob("*.toml")))
COMMAND = [sys.executable, "manage.py", "demo", "finance"]


def demo(site: Path, hub: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--exit"], cwd=REPOSITORY, env=environment(site, hub), text=True,
        capture_output=True, timeout=120,
    )  # fmt: skip


def test_the_demo_ends_with_a_ranked_table_and_a_second_one_repeats_nothing(
    site: Path, small_hub: Path
) -> None:
    first = demo(site, small_hub)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Sign in as demo with the password" in first.stdout
    assert first.stdout.count("Published  50.00  [44.00, 56.00]") == RECIPES
    assert "Controls" in first.stdout
    ids = set(re.findall(r"^([a-z0-9]{8})  ", first.stdout, re.MULTILINE))

    second = demo(site, small_hub)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "password" not in second.stdout
    assert set(re.findall(r"^([a-z0-9]{8})  ", second.stdout, re.MULTILINE)) == ids


def test_the_demo_serves_until_it_is_told_to_stop_and_leaves_nothing_behind(
    site: Path, small_hub: Path
) -> None:
    output = site / "demo.log"
    with output.open("wb") as log:
        child = subprocess.Popen(
            COMMAND, cwd=REPOSITORY, env=environment(site, small_hub), stdout=log, stderr=log
        )
    try:
        url = until(lambda: re.search(r"Open (http://\S+)", output.read_text()), 60)[1]
        assert urllib.request.urlopen(f"{url}/healthz").status == 200
    finally:
        child.send_signal(signal.SIGTERM)
    assert child.wait(40) == 130, output.read_text()
    assert not _processes(site)


def _processes(site: Path) -> list[str]:
    """Processes of this machine whose state folder is this test's."""
    wanted, found = f"STATE_DIR={site}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_a_port_that_is_taken_is_told(monkeypatch: pytest.MonkeyPatch, site: Any) -> None:
    monkeypatch.setenv("PORT", "70000")
    with pytest.raises(demo_site.CommandError, match="PORT is '70000'"):
        demo_site.free_port()
    monkeypatch.delenv("PORT")
    assert 8000 <= demo_site.free_port() < 8100
    assert os.environ.get("PORT") is None
