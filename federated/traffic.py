"""What a recipe will exchange, computed before anything runs. Pure arithmetic, light.

Closed form of the FlowerTune meter: 2 directions * clients a round * rounds * parameters * 4 bytes.
Adapters travel as float32 whatever the base's number format. "MB" on the board is MiB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .methods import METHODS
from .recipe import Lora, Recipe

BYTES_PER_PARAMETER = 4
MIB = 1024**2

# Architectures whose layers are all alike and carry Llama's names.
LLAMA_LIKE = {"llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "smollm3"}

OUTSIDE_THE_BLOCKS = {"lm_head", "embed_tokens"}
"""Layers that exist once; their size needs no estimate here, the engine meters them."""


class Estimate(NamedTuple):
    """A run's traffic: adapter size, one message, all messages both ways."""

    parameters: int
    message_mib: float
    total_mib: float

    @property
    def gigabytes(self) -> float:
        """As the published board prints it: MiB / 1024."""
        return self.total_mib / 1024


def estimate(recipe: Recipe, config: Mapping[str, Any]) -> Estimate | None:
    """The traffic of a recipe on a base with this `config.json`.

    None when the architecture or a target is not one whose shapes are known from the
    configuration alone; the running engine still meters such a run.
    """
    method = METHODS[recipe.method.name]
    if not method.trains:
        return Estimate(0, 0.0, 0.0)
    parameters = adapter_parameters(config, recipe.lora)
    if parameters is None:
        return None
    return run_traffic(parameters, recipe.cohort.per_round, recipe.train.rounds)


def run_traffic(parameters: int, clients_per_round: int, rounds: int) -> Estimate:
    """The closed form for an adapter of `parameters` float32 numbers.

    >>> run_traffic(13_631_488, 2, 200).message_mib
    52.0
    >>> round(run_traffic(13_631_488, 2, 200).gigabytes, 1)
    40.6
    """
    message = parameters * BYTES_PER_PARAMETER / MIB
    return Estimate(parameters, message, 2 * clients_per_round * rounds * message)


def adapter_parameters(config: Mapping[str, Any], lora: Lora) -> int | None:
    """Parameters of a LoRA adapter: r * (in + out) for each target in each layer."""
    shapes = linear_shapes(config)
    if shapes is None or not set(lora.targets) <= set(shapes):
        return None
    per_layer = sum(sum(shapes[name]) for name in lora.targets)
    return lora.rank * per_layer * int(config["num_hidden_layers"])


def missing_targets(config: Mapping[str, Any], lora: Lora) -> list[str]:
    """Targets that a base of a known architecture does not have; empty where none is known."""
    shapes = linear_shapes(config)
    if shapes is None:
        return []
    return [name for name in lora.targets if name not in shapes and name not in OUTSIDE_THE_BLOCKS]


def linear_shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, int]] | None:
    """(in, out) of each linear layer of a block, by name; None for unknown architectures."""
    if config.get("model_type") not in LLAMA_LIKE:
        return None
    hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    head = int(config.get("head_dim") or hidden // heads)
    keys = head * int(config.get("num_key_value_heads") or heads)
    inner = int(config["intermediate_size"])
    return {
        "q_proj": (hidden, heads * head),
        "k_proj": (hidden, keys),
        "v_proj": (hidden, keys),
        "o_proj": (heads * head, hidden),
        "gate_proj": (hidden, inner),
        "up_proj": (hidden, inner),
        "down_proj": (inner, hidden),
    }
