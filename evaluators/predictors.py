"""What is evaluated: an adapter on a base model, the base alone, a predictor without one, or
outputs that are there already."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from federated.measure import file_sha256

from .errors import BadAdapter, BadOutputs

Named = Literal["adapter", "base", "majority"]
"""What a method.json may name."""
Kind = Named | Literal["outputs"]


class Predictor(NamedTuple):
    """A submission's directory, understood. `digest` is over its files' names and bytes."""

    kind: Kind
    folder: Path
    digest: str


def read(folder: Path) -> Predictor:
    """The predictor in a directory; `BadAdapter` says what is missing."""
    if not folder.is_dir():
        raise BadAdapter(f"The adapter directory {folder} is not there.")
    return Predictor(_kind(folder), folder, _digest(folder))


def read_outputs(folder: Path) -> Predictor:
    """The outputs in a directory; `BadOutputs` where it is not there."""
    if not folder.is_dir():
        raise BadOutputs(f"The directory of outputs {folder} is not there.")
    return Predictor("outputs", folder, _digest(folder))


def _kind(folder: Path) -> Named:
    method = folder / "method.json"
    if not method.is_file():
        return _adapter(folder)
    try:
        named = json.loads(method.read_text(encoding="utf-8"))["predictor"]
    except (ValueError, KeyError, TypeError):
        raise BadAdapter(f"{method} does not name a predictor.") from None
    for kind in get_args(Named):
        if named == kind:
            return _adapter(folder) if kind == "adapter" else kind
    raise BadAdapter(
        f"{method} names the predictor {named!r}; known: {', '.join(get_args(Named))}."
    )


def _adapter(folder: Path) -> Named:
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise BadAdapter(
                f"The adapter has no {name}.",
                "Save it with PEFT's save_pretrained, as safetensors.",
            )
    return "adapter"


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        total.update(f"{file.relative_to(folder)} {file_sha256(file)}\n".encode())
    return total.hexdigest()
