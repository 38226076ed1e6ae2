"""What is said of an upload: from a file, and over it from the command line."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from .errors import Usage

WORDS = (
    "name", "domain", "description", "method", "base_model", "base_revision", "rounds",
    "clients_per_round", "communication_mb", "trained_parameters", "licence",
)  # fmt: skip
LISTS = {"link": "links", "training_data": "training_data"}


def declared(given: Namespace) -> dict[str, Any]:
    """The declaration that a command line makes."""
    found = _read(given.declare) if given.declare else {}
    found |= {key: getattr(given, key) for key in WORDS if getattr(given, key) is not None}
    found |= {key: getattr(given, flag) for flag, key in LISTS.items() if getattr(given, flag)}
    if given.score:
        found["scores"] = {**found.get("scores", {}), **dict(map(_score, given.score))}
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else _toml(text)
    except (OSError, ValueError) as error:
        raise Usage(f"{file} cannot be read: {error}", "TOML, or JSON in a .json file") from None
    if not isinstance(found, dict):
        raise Usage(f"{file} holds no table of keys and values")
    return found


def _toml(text: str) -> dict[str, Any]:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        raise Usage("TOML is read from Python 3.11 on", "write it as JSON") from None
    return tomllib.loads(text)


def _score(pair: str) -> tuple[str, float]:
    task, _, value = pair.partition("=")
    try:
        return task.strip(), float(value)
    except ValueError:
        raise Usage(f"found --score {pair!r}", "TASK=PERCENT, for example medqa=61.5") from None
