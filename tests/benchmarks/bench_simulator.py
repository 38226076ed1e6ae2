"""The simulator against stock Flower, pfl-research and a bare loop; see docs/benchmarks.md.

Writes docs/benchmarks.md, or var/benchmarks-quick.md with `QUICK=1` (small sizes, one repetition,
under five minutes on a quiet machine). `TASKS=cnn,lora` runs only these, without the sweep, and
leaves docs/ alone; `REPETITIONS` sets their number. Installs pfl-research into `.venv-bench` at the
first run. The last line printed is one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
from functools import partial

from tests.benchmarks.simulator import figures, report
from tests.benchmarks.simulator.adapter import save_base
from tests.benchmarks.simulator.measure import PFL_PYTHON, ROOT
from tests.benchmarks.simulator.protocol import Race, race
from tests.benchmarks.simulator.sweep import sweep
from tests.benchmarks.simulator.tasks import QUICK, TASKS

PFL = "pfl==0.6.0"


def install_pfl() -> None:
    """A venv that sees this one's packages and adds pfl-research and what only it needs."""
    folder = PFL_PYTHON.parents[1]
    if next(folder.glob("lib/*/site-packages/pfl"), None):
        return
    print(f"installing {PFL} into {folder.name}", flush=True)
    venv = [sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", str(folder)]
    subprocess.run(venv, check=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    # A venv made from a venv sees the packages of the interpreter below, not the upper one's.
    packages = next(folder.glob("lib/*/site-packages"))
    (packages / "outer.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(PFL_PYTHON), "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", PFL], check=True)


def main() -> None:
    os.chdir(ROOT)
    install_pfl()
    save_base()
    began, only = time.monotonic(), os.environ.get("TASKS")
    file = ROOT / ("var/benchmarks-quick.md" if QUICK or only else "docs/benchmarks.md")
    found: list[Race] = []
    for name in only.split(",") if only else TASKS:
        found.append(race(TASKS[name], partial(print, flush=True)))
        file.write_text(report.page(found, None), encoding="utf-8")
    grown = None if only else sweep()
    page = report.page(found, grown)
    file.write_text(page, encoding="utf-8")
    print(f"{page}\n{file.relative_to(ROOT)}, {time.monotonic() - began:.0f} s")
    print(json.dumps(figures.summary(found, grown)))
    differing = [x for each in found for one in each.kept for x in one.crashes if x.differs]
    sys.exit(f"other results: {[x.entrant.name for x in differing]}" if differing else 0)


if __name__ == "__main__":
    main()
