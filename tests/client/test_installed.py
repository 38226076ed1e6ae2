"""The client as people get it: built from its folder alone, run without the server's packages."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest

CLIENT = Path(__file__).parents[2] / "leaderboard" / "client"


def needed(name: str) -> set[str]:
    """A distribution and what it needs here, by name."""
    found = {name}
    for line in requires(name) or []:
        if "extra ==" in line:
            continue
        other = line.split(";")[0].split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip()
        try:
            distribution(other)
        except ModuleNotFoundError:
            continue  # for another Python
        found |= needed(other)
    return found


def test_the_client_imports_the_standard_library_itself_and_httpx() -> None:
    for file in CLIENT.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert {n.split(".")[0] for n in names} <= sys.stdlib_module_names | {"httpx"}, file
            assert not (isinstance(node, ast.ImportFrom) and node.level > 1), file


@pytest.mark.slow
def test_it_installs_on_its_own_and_runs_where_there_is_no_django(tmp_path: Path) -> None:
    source = tmp_path / "client"
    shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("__pycache__"))
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", "--target", site, source],
        check=True, capture_output=True,
    )  # fmt: skip
    for name in needed("httpx"):
        for file in distribution(name).files or []:
            if file.suffix == ".py" and ".." not in file.parts:
                target = site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)
    code = (
        f"import sys; sys.path.append({str(site)!r});"
        "from importlib.util import find_spec; assert find_spec('django') is None;"
        "from leaderboard.client.main import main; sys.exit(main(['cancel', '4kq7wz2m']))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, env={"HOME": str(tmp_path)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert (answer.returncode, answer.stdout) == (3, ""), answer.stderr
    assert answer.stderr.startswith("flboard: not signed in to http://127.0.0.1:8000")
    assert (site / "bin" / "flboard").is_file()
