"""What both engines write down about a run: memory, versions, digests. Light."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import resource
import sys
from collections.abc import Iterable
from pathlib import Path


def peak_memory() -> int:
    """The most memory this process held, in bytes: the GPU's if one was used, else resident."""
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def environment(packages: Iterable[str]) -> dict[str, str]:
    """Versions that can change a result; packages that are not installed are left out."""
    found = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": processor(),
    }
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """The processor's name, as Linux gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()


def file_sha256(file: Path) -> str:
    """Of a file's bytes, as hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """sha256 of each file below a folder, by its relative path."""
    return {
        str(file.relative_to(folder)): file_sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
