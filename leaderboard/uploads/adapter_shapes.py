"""Whether an adapter's arrays are those that LoRA has on its base, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from federated import hub, traffic
from federated.errors import EngineError
from federated.job import Pin
from federated.reading import Problem

from . import adapter_config, tensors
from .adapter_config import Config
from .tensors import Tensor

WEIGHTS = "adapter_model.safetensors"
PART = re.compile(
    r"base_model\.model\.model\.layers\.(0|[1-9]\d{0,4})\.(self_attn|mlp)\.(\w{1,60})"
    r"\.lora_([AB])\.weight"
)
"""PEFT's own names. It passes over an array of any other, and the adapter would have no effect."""
ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
MOST_TOLD = 20
"""Problems of one sort that are listed."""


class Place(NamedTuple):
    """Where one array belongs: layer, module, and which of the two factors it is."""

    layer: int
    module: str
    factor: str


def shape_problems(
    config: Config, arrays: Mapping[str, Tensor], base: Pin | None
) -> tuple[Problem, ...]:
    """Whether the arrays are those that LoRA of this rank has on this base."""
    placed = {name: _placed(name) for name in arrays}
    strange = [
        Problem(f"{WEIGHTS}: {name[:120]}", None, "not part of a LoRA adapter of linear layers")
        for name, place in placed.items()
        if place is None
    ]
    if strange or base is None:
        return tuple(strange[:MOST_TOLD])
    try:
        model = hub.model_config(base)
    except EngineError as error:
        return (Problem("base_model", None, error.message, error.hint),)
    shapes = traffic.linear_shapes(model)
    if shapes is None:
        return (_unknown_shapes(model),)
    own = {place: arrays[name].shape for name, place in placed.items() if place}
    wanted = dict(_wanted(config, shapes, int(model["num_hidden_layers"])))
    return tuple(_differences(config, own, wanted, shapes))[:MOST_TOLD]


def _unknown_shapes(model: Mapping[str, Any]) -> Problem:
    kind = str(model.get("model_type", "model like this"))[:40]
    known = ", ".join(sorted(traffic.LLAMA_LIKE))
    hint = f"bases of these architectures can be checked: {known}"
    return Problem("base_model", None, f"the shapes of a {kind} are not known here", hint)


def _placed(name: str) -> Place | None:
    found = PART.fullmatch(name)
    if found is None or (found[2] == "self_attn") != (found[3] in ATTENTION):
        return None
    return Place(int(found[1]), found[3], found[4])


def _wanted(
    config: Config, shapes: Mapping[str, tuple[int, int]], layers: int
) -> Iterator[tuple[Place, tuple[int, int]]]:
    """Both factors of each target in each layer: A is (rank, in), B is (out, rank)."""
    for module in config.targets:
        if module in shapes:
            inputs, outputs = shapes[module]
            for layer in range(layers):
                yield Place(layer, module, "A"), (config.rank, inputs)
                yield Place(layer, module, "B"), (outputs, config.rank)


def _differences(
    config: Config,
    own: Mapping[Place, tuple[int, ...]],
    wanted: Mapping[Place, tuple[int, int]],
    shapes: Mapping[str, tuple[int, int]],
) -> Iterator[Problem]:
    for module in config.targets:
        if module not in shapes:
            said = f"{module} is not a linear layer of the base; it has {', '.join(shapes)}"
            yield Problem(f"{adapter_config.NAME}#/target_modules", None, said)
    for place in sorted(own.keys() | wanted.keys()):
        where = f"{WEIGHTS}: layer {place.layer}, {place.module}, {place.factor}"
        if place not in own:
            yield Problem(where, None, "missing", "every layer needs its update")
        elif place not in wanted:
            said = "the base or the configuration has no such layer"
            yield Problem(where, None, said)
        elif own[place] != wanted[place]:
            said = f"its shape is {_by(own[place])}, the base at rank {config.rank} needs"
            said += f" {_by(wanted[place])}"
            yield Problem(where, None, said, "was it made for another base?")


def look_at_values(file: Path, arrays: Mapping[str, Tensor]) -> tuple[tuple[Problem, ...], bool]:
    """Arrays with NaN or infinity; whether no product B·A is anything but zero."""
    problems, effective = [], {}
    for name, tensor in arrays.items():
        values = tensors.look_at(file, tensor)
        if not values.finite:
            problems.append(Problem(f"{WEIGHTS}: {name[:120]}", None, "has NaN or infinity in it"))
        if place := _placed(name):
            key = (place.layer, place.module)
            effective[key] = effective.get(key, True) and not values.zero
    return tuple(problems[:MOST_TOLD]), bool(effective) and not any(effective.values())


def _by(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
