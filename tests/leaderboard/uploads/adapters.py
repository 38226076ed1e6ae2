"""Adapters written by hand, without torch: sound ones, to be spoiled in one place each."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HIDDEN, LAYERS, RANK = 16, 2, 4
OUTPUTS = {"q_proj": 16, "v_proj": 8}
"""Of the tiny model: 2 heads of 8, one of them for keys and values."""
NUMBERS = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}

Arrays = dict[str, tuple[str, tuple[int, ...], bytes]]
"""(dtype, shape, bytes) by name."""


def config(**changes: Any) -> dict[str, Any]:
    """The keys that count, as PEFT writes them."""
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "tiny/llama",
        "r": RANK,
        "lora_alpha": 8,
        "lora_dropout": 0.0,
        "target_modules": ["q_proj", "v_proj"],
        "bias": "none",
        **changes,
    }


def arrays(dtype: str = "F32", value: float = 0.5) -> Arrays:
    """Every array of the adapter, all numbers alike."""
    found: Arrays = {}
    for layer in range(LAYERS):
        for module, outputs in OUTPUTS.items():
            start = f"base_model.model.model.layers.{layer}.self_attn.{module}"
            for factor, shape in (("A", (RANK, HIDDEN)), ("B", (outputs, RANK))):
                found[f"{start}.lora_{factor}.weight"] = (dtype, shape, filled(dtype, shape, value))
    return found


def filled(dtype: str, shape: tuple[int, ...], value: float) -> bytes:
    """So many of one number; bfloat16 is the upper half of float32."""
    if dtype == "BF16":
        half = np.array(value, "<f4").view("<u4") >> 16
        return np.full(shape, half, "<u2").tobytes()
    return np.full(shape, value, NUMBERS[dtype]).tobytes()


def encoded(found: Arrays, **header: Any) -> bytes:
    """A safetensors file; `header` replaces entries of its header."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    content = b""
    for name, (dtype, shape, values) in found.items():
        offsets = [len(content), len(content) + len(values)]
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}
        content += values
    text = json.dumps({**entries, **header}).encode()
    return len(text).to_bytes(8, "little") + text + content


def write(folder: Path, found: Arrays | None = None, **changes: Any) -> Path:
    """An adapter's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps(config(**changes)))
    (folder / "adapter_model.safetensors").write_bytes(encoded(found or arrays()))
    return folder


def zipped(folder: Path, target: Path) -> Path:
    """The folder's files as an archive."""
    with zipfile.ZipFile(target, "w") as file:
        for path in _files(folder):
            file.write(path, path.relative_to(folder).as_posix())
    return target


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())
