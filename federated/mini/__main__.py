"""Build the mini hub's parts by hand.

Usage:
    python -m federated.mini build-data   write the tables if they are not there, print where
    python -m federated.mini [train-base] make tokenizer and base model again, in the package
    python -m federated.mini check        make them in a temporary folder and compare the hash
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

from . import BASE, root

# Kernels that sum in another order round otherwise. These ask every library for the same ones,
# and are read when torch is loaded: hence a fresh process.
PINNED = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "CUDA_VISIBLE_DEVICES": "",
    "DNNL_DEFAULT_FPMATH_MODE": "STRICT",
    "MKL_CBWR": "AVX2",
    "MKL_NUM_THREADS": "1",
    "OMP_DYNAMIC": "FALSE",
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "PYTHONHASHSEED": "0",
    "RAYON_NUM_THREADS": "1",
}


def main(arguments: list[str]) -> int:
    """Run one command; 0 when done, 1 when `check` finds other bytes."""
    parser = argparse.ArgumentParser(
        prog="python -m federated.mini",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = ("build-data", "train-base", "check")
    parser.add_argument("command", nargs="?", default="train-base", choices=commands)
    command = parser.parse_args(arguments).command
    if command == "build-data":
        print(root())
        return 0
    _pin(arguments)
    return train_base() if command == "train-base" else check()


def train_base() -> int:
    """Make the shipped base model again."""
    from .pretrain import make

    make(BASE)
    print(f"{digest(BASE)}  {BASE / 'model.safetensors'}")
    return 0


def check() -> int:
    """Whether this machine makes the very bytes that are shipped."""
    from .pretrain import make

    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        made, shipped = digest(Path(folder)), digest(BASE)
    print(f"made    {made}\nshipped {shipped}\n{'the same' if made == shipped else 'NOT the same'}")
    return 0 if made == shipped else 1


def digest(folder: Path) -> str:
    """The sha256 of a folder's weights."""
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def _pin(arguments: list[str]) -> None:
    """Go on in a process whose libraries were loaded with the pinned settings."""
    if any(os.environ.get(name) != value for name, value in PINNED.items()):
        command = [sys.executable, "-m", "federated.mini", *arguments]
        os.execve(sys.executable, command, {**os.environ, **PINNED})  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
