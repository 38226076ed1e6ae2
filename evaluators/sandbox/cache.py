"""What is made once and kept between runs: C++'s precompiled header, the tests' wanted values.

It lies in the user's own cache folder; nothing of a model-written program's is ever kept.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .box import INSIDE

HEADER = "plain.hpp"
STALE_SECONDS = 3600.0

_lock = threading.Lock()


def folder() -> Path:
    """Ours alone, made where it is missing."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(home) / "flowertune-leaderboard" / "sandbox"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def kept(name: str, make: Callable[[], str]) -> str:
    """The ASCII text kept under a name, made if it is not there yet."""
    file = folder() / name
    if not file.is_file():
        text = make()
        with tempfile.NamedTemporaryFile("w", dir=drafts(), delete=False) as draft:
            draft.write(text)
        Path(draft.name).replace(file)
    return file.read_text()


def drafts() -> Path:
    """Where things are made; what a killed process left there goes after an hour."""
    path = folder() / "drafts"
    path.mkdir(mode=0o700, exist_ok=True)
    for left in path.iterdir():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    return path


def header_key() -> str:
    """What the wanted values depend on beside the tests."""
    return hashlib.sha256((INSIDE / HEADER).read_bytes()).hexdigest()


@functools.cache
def _built(folder: Path, compiler: str, options: tuple[str, ...]) -> Path:
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
    key = hashlib.sha256(f"{header_key()} {' '.join(options)}\n".encode() + version).hexdigest()
    made = folder / f"header-{key[:32]}"
    if made.is_dir():
        return made
    draft = Path(tempfile.mkdtemp(dir=drafts()))
    draft.chmod(0o755)
    shutil.copyfile(INSIDE / HEADER, draft / HEADER)
    command = [compiler, *options, "-x", "c++-header", HEADER, "-o", f"{HEADER}.gch"]
    subprocess.run(command, cwd=draft, check=True, capture_output=True)
    with suppress(OSError):  # another process was faster
        draft.rename(made)
    return made


def header(compiler: str, *options: str) -> Path:
    """A folder with plain.hpp and, beside it, what the compiler made of it (a few seconds, once).

    The compiler takes the second for the first if version and options are the same.
    """
    with _lock:
        return _built(folder(), compiler, options)
