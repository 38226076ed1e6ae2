"""The mini hub: practice data and one tiny base model that this project makes itself from a seed.

`root()` answers a folder in the shape of a hub mirror; `python -m federated.mini` builds its parts.
Light at import: no torch, and pyarrow only when the tables are first written. A further domain is
one more file with a `tables()` and one more line in DOMAINS.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from . import coding, finance, general, medical, tables

HERE = Path(__file__).parent
BASE = HERE / "base"
MODEL_ID = "mini/llama-1m"
DOMAINS = (finance, general, medical, coding)


def root() -> Path:
    """The mini hub's folder, made on first use; safe when several processes ask at once."""
    folder = _state() / "mini" / _fingerprint()
    if not folder.is_dir():
        _make(folder)
    return folder


def build(folder: Path) -> None:
    """Write the whole hub into an empty folder: datasets/, models/ and MANIFEST.json."""
    tables.write(folder, [table for domain in DOMAINS for table in domain.tables()])
    shutil.copytree(BASE, folder / "models" / MODEL_ID)


def _state() -> Path:
    return Path(os.environ.get("STATE_DIR") or HERE.parents[1] / "var").absolute()


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    """What decides the folder's bytes: the generators, the base model, and who writes parquet."""
    total = hashlib.sha256(version("pyarrow").encode())
    for file in sorted([*HERE.rglob("*.py"), *(f for f in BASE.glob("*") if f.is_file())]):
        total.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]


def _make(folder: Path) -> None:
    """Build beside the place and move there in one step; a second builder's copy is dropped."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        build(draft)
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError:
        # A folder that is not empty cannot be replaced: someone else was first.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
