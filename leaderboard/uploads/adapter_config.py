"""`adapter_config.json` by our own list of keys: what is honoured, what may stand there idle.

PEFT's loader can import modules and read files that a configuration names. So nothing of an
uploaded configuration reaches it: a new one is written from the keys understood here. A key is
never dropped without a word: one that would change the model is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from federated.job import Pin
from federated.naming import unknown
from federated.reading import Problem

from . import strict_json
from .strict_json import BadJson

NAME = "adapter_config.json"
MAX_BYTES = 1024**2
NAMED = re.compile(r"[A-Za-z_]\w{0,59}", re.ASCII)
MAX_RANK, MAX_ALPHA, MAX_TARGETS = 1024, 65_536.0, 32

HONOURED = ("peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "target_modules")
HONOURED += ("use_rslora", "base_model_name_or_path")

NOTED = ("revision", "inference_mode", "peft_version")
"""Say nothing about the model that is evaluated here; the base is the board's pinned one."""

IDLE: dict[str, tuple[Any, ...]] = {
    "bias": ("none",),
    "fan_in_fan_out": (False,),
    "init_lora_weights": (True, False, "gaussian"),
    "megatron_core": ("megatron.core",),
    "qalora_group_size": (16,),
    "runtime_config": ({"ephemeral_gpu_offload": False},),
}
"""Keys that may stand there with these values, or empty, and have no effect then."""

EMPTY: dict[str, str] = {
    "auto_mapping": "it names Python classes to import",
    "megatron_config": "it makes the loader import other libraries",
    "modules_to_save": "only low-rank updates of linear layers are evaluated, no whole layers",
    "layers_to_transform": "every layer needs its update",
    "layers_pattern": "every layer needs its update",
    "layer_replication": "the base keeps the layers it has",
    "exclude_modules": "every layer needs its update",
    "rank_pattern": "all layers have one rank here",
    "alpha_pattern": "all layers have one alpha here",
    "target_parameters": "only linear layers are evaluated",
    "trainable_token_indices": "the base's embeddings stay as they are",
    "ensure_weight_tying": "the base's embeddings stay as they are",
    "lora_bias": "only low-rank updates without biases are evaluated",
    "use_dora": "only plain LoRA is evaluated",
    "use_qalora": "only plain LoRA is evaluated",
    "use_bdlora": "only plain LoRA is evaluated",
    "velora_config": "only plain LoRA is evaluated",
    "monteclora_config": "only plain LoRA is evaluated",
    "kasa_config": "only plain LoRA is evaluated",
    "arrow_config": "only plain LoRA is evaluated",
    "alora_invocation_tokens": "only plain LoRA is evaluated",
    "loftq_config": "it changes the base's weights",
    "eva_config": "it reads other files",
    "corda_config": "it reads other files",
    "lora_ga_config": "it reads other files",
}
"""Keys that have to be empty, each with the reason."""


class Config(NamedTuple):
    """What counts of an adapter's configuration."""

    rank: int
    alpha: float
    dropout: float
    targets: tuple[str, ...]
    rank_stabilised: bool
    base_model: str
    """As the file names it; "" where it does not."""


def read(file: Path) -> tuple[Config | None, tuple[Problem, ...]]:
    """The configuration, or everything that speaks against it."""
    try:
        values = strict_json.read(file, MAX_BYTES)
    except BadJson as error:
        return None, (Problem(NAME, error.line, error.message, error.hint),)
    if not isinstance(values, dict):
        return None, (Problem(NAME, None, "it is not an object"),)
    problems = (*_idle_problems(values), *_value_problems(values))
    return (None if problems else _config(values)), problems


def write(config: Config, base: Pin, folder: Path) -> None:
    """A configuration of the understood keys alone, on the pinned base."""
    values = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base.id,
        "revision": base.revision,
        "inference_mode": True,
        "r": config.rank,
        "lora_alpha": config.alpha,
        "lora_dropout": config.dropout,
        "target_modules": sorted(config.targets),
        "use_rslora": config.rank_stabilised,
        "bias": "none",
    }
    (folder / NAME).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def _config(values: Mapping[str, Any]) -> Config:
    return Config(
        rank=values["r"],
        alpha=float(values.get("lora_alpha", 8)),
        dropout=float(values.get("lora_dropout") or 0),
        targets=tuple(sorted(values["target_modules"])),
        rank_stabilised=bool(values.get("use_rslora")),
        base_model=str(values.get("base_model_name_or_path") or ""),
    )


def _idle_problems(values: Mapping[str, Any]) -> list[Problem]:
    """Keys that are unknown, or not as empty as they have to be."""
    found = []
    for key, value in values.items():
        if key in HONOURED or key in NOTED or value in (None, False, "") or value in ([], {}):
            continue
        if key in EMPTY:
            found.append(_problem(key, f"found {_short(value)}, it has to be empty: {EMPTY[key]}"))
        elif key in IDLE:
            if value not in IDLE[key]:
                found.append(_problem(key, f"found {_short(value)}, {_or(IDLE[key])} wanted"))
        else:
            found.append(_problem(key, unknown("key", key[:60], (*HONOURED, *IDLE, *EMPTY))))
    return found


def _value_problems(values: Mapping[str, Any]) -> list[Problem]:
    """The keys that count, each by itself."""
    found = [
        ("peft_type", values.get("peft_type") != "LORA", "LORA wanted"),
        ("task_type", values.get("task_type") not in (None, "CAUSAL_LM"), "CAUSAL_LM wanted"),
        ("r", not _is_whole(values.get("r"), MAX_RANK), f"a rank from 1 to {MAX_RANK} wanted"),
        ("lora_alpha", not _is_number(values.get("lora_alpha", 8), MAX_ALPHA), "a number wanted"),
        ("lora_dropout", not _is_share(values.get("lora_dropout")), "a number from 0 to 1 wanted"),
        ("use_rslora", values.get("use_rslora") not in (None, True, False), "true or false wanted"),
        ("base_model_name_or_path", not _is_text(values.get("base_model_name_or_path")), "a name"),
        ("target_modules", not _are_names(values.get("target_modules")), "a list of names wanted"),
    ]
    hints = {
        "peft_type": "other kinds of adapters are not evaluated here",
        "target_modules": 'name the linear layers, for example ["q_proj", "v_proj"]',
    }
    return [
        _problem(key, f"found {_short(values.get(key))}, {wanted}", hints.get(key, ""))
        for key, wrong, wanted in found
        if wrong
    ]


def _is_whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_number(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most


def _is_share(value: Any) -> bool:
    return value in (None, 0) or (_is_number(value, 1) and value < 1)


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= 500)


def _are_names(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= MAX_TARGETS
        and all(isinstance(name, str) and NAMED.fullmatch(name) for name in value)
        and len(set(value)) == len(value)
    )


def _or(values: tuple[Any, ...]) -> str:
    return " or ".join(json.dumps(value) for value in values)


def _problem(key: str, message: str, hint: str = "") -> Problem:
    return Problem(f"{NAME}#/{key[:60]}", None, message, hint)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
