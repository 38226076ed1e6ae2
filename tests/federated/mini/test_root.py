"""The mini hub as a folder: the mirror's shape, the same bytes each time, safe to share."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from federated import mini

REPOSITORY = Path(__file__).parents[3]


def run(code: str, **environment: str) -> str:
    """Run code in a fresh Python and answer what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY, env={**os.environ, **environment}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    return mini.root()


def files(folder: Path) -> dict[str, bytes]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


def test_the_manifest_tells_the_truth(root: Path) -> None:
    manifest = json.loads((root / "MANIFEST.json").read_text())
    assert {str(f.relative_to(root)) for f in root.rglob("*.parquet")} == {
        entry["path"] for entry in manifest
    }
    for entry in manifest:
        data, table = (
            (root / entry["path"]).read_bytes(),
            pyarrow.parquet.read_table(root / entry["path"]),
        )
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert (entry["bytes"], entry["rows"]) == (len(data), table.num_rows)
        assert entry["columns"] == table.column_names
        assert entry["path"] == (
            f"datasets/{entry['id']}/{entry['config']}/{entry['split']}.parquet"
        )
        assert entry["licence"] and entry["source"] and entry["note"]


def test_two_builds_are_equal_to_the_byte_whatever_the_hash_seed(
    root: Path, tmp_path: Path
) -> None:
    code = "from federated import mini; print(mini.root())"
    other = run(code, STATE_DIR=str(tmp_path / "other"), PYTHONHASHSEED="7")
    assert files(Path(other)) == files(root)


def test_the_second_call_builds_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mini, "build", lambda folder: pytest.fail("built again"))
    assert mini.root() == root


def test_many_processes_may_ask_at_once(tmp_path: Path) -> None:
    code = "from federated import mini; print(mini.root())"
    environment = {**os.environ, "STATE_DIR": str(tmp_path)}
    asked = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=REPOSITORY, env=environment, stdout=-1, text=True
        )
        for _ in range(3)
    ]
    answers = {process.communicate()[0].strip() for process in asked}
    assert all(process.returncode == 0 for process in asked)
    assert [Path(answer) for answer in answers] == list((tmp_path / "mini").iterdir())


def test_whoever_comes_second_drops_the_copy_and_keeps_the_first(root: Path) -> None:
    before = (root / "MANIFEST.json").stat().st_ino
    mini._make(root)
    assert (root / "MANIFEST.json").stat().st_ino == before
    assert list(root.parent.iterdir()) == [root]


def test_importing_the_room_loads_nothing_heavy() -> None:
    heavy = ("torch", "transformers", "tokenizers", "pyarrow", "datasets", "numpy")
    code = f"import sys, federated.mini; print([m for m in {heavy} if m in sys.modules])"
    assert run(code) == "[]"


def test_the_base_model_lies_where_a_mirror_has_it(root: Path) -> None:
    folder = root / "models" / mini.MODEL_ID
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        file.name for file in folder.iterdir()
    }
