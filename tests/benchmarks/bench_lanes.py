"""Many clients' adapters in shared passes against one client after another, on one thread.

A random Llama of four layers; each client tunes a rank-8 adapter on q_proj and v_proj for a few
steps of four examples. Both ways by turns in one process; the ratio is sequential over lanes, above
one where lanes win, as the median over repetitions: of CPU seconds, because on a busy machine they
say more than the clock, with the clock's beside them. The updates must agree. `mixed` has lengths
and numbers of steps that differ between clients; `in one pass` shows what the trainer's limit on a
pass's tokens is for. `WIDTH` sets the model's width (256). The last line is one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from federated.arrays import Arrays
from federated.client import LocalWork, train_locally
from federated.lanes import MultiLoRATrainer
from federated.model import read_adapter
from federated.prompts import Example
from federated.recipe import Train

WIDTH = int(os.environ.get("WIDTH", "256"))
CLIENTS = (2, 8, 32)
TOKENS = (32, 128, 512)
ROWS, STEPS, REPETITIONS = 4, 2, 3
AGREE = 1e-3
"""Largest difference of two updates, relative to how far they moved (Euclidean norms): AdamW moves
a weight as far for a gradient that is all rounding."""


class Case(NamedTuple):
    """Clients with their data and work."""

    name: str
    examples: Sequence[Sequence[Example]]
    works: Sequence[LocalWork]
    tokens: int = 0
    """Of a shared pass; 0: as many as the trainer would."""


def llama() -> PeftModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=2048,
        hidden_size=WIDTH,
        intermediate_size=WIDTH * 8 // 3,
        num_hidden_layers=4,
        num_attention_heads=WIDTH // 64,
        num_key_value_heads=WIDTH // 64,
    )
    lora = LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"])
    return get_peft_model(LlamaForCausalLM(config), lora)


def case(name: str, lengths: Sequence[Sequence[int]], steps: Sequence[int]) -> Case:
    """One client a list of lengths, with as many steps as are named for it."""
    draw = np.random.default_rng(0)
    examples = [
        [Example(tuple(draw.integers(2, 2048, n).tolist()), n - 4) for n in own] for own in lengths
    ]
    train = Train(batch_size=ROWS)
    works = [LocalWork(train, steps[c], 1e-3, 1, c, 0) for c in range(len(lengths))]
    return Case(name, examples, works)


def cases() -> list[Case]:
    made = [
        case(f"{clients}x{tokens}", [[tokens // ROWS] * ROWS * STEPS] * clients, [STEPS] * clients)
        for tokens in TOKENS
        for clients in CLIENTS
    ]
    uncut = next(each for each in made if each.name == "8x512")
    made.append(uncut._replace(name="8x512 in one pass", tokens=8 * 512))
    draw = np.random.default_rng(1)
    mixed = draw.lognormal(np.log(24), 0.6, (16, ROWS * STEPS)).clip(8, 128).astype(int)
    return [*made, case("mixed", mixed.tolist(), draw.integers(1, 6, 16).tolist())]


def timed(action: Callable[[], list[Any]]) -> tuple[list[Any], float, float]:
    """What it gives, its CPU seconds and its seconds by the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    updates = action()
    return updates, time.process_time() - cpu, time.perf_counter() - clock


def distance(ones: Sequence[Arrays], others: Sequence[Arrays]) -> float:
    """Euclidean, over all clients' arrays."""
    pairs = [(a[name], b[name]) for a, b in zip(ones, others, strict=True) for name in a]
    return float(np.sqrt(sum(float(((a - b) ** 2).sum()) for a, b in pairs)))


def compare(model: PeftModel, subject: Case) -> tuple[float, float]:
    """Sequential over lanes, in CPU seconds and by the clock."""
    start = read_adapter(model)
    received = [start] * len(subject.works)
    pairs = list(zip(received, subject.examples, subject.works, strict=True))
    trainer = MultiLoRATrainer(model, 1, lanes=32, tokens=subject.tokens)
    ratios = []
    for _ in range(REPETITIONS):
        alone, cpu, clock = timed(lambda: [train_locally(model, a, e, 1, w) for a, e, w in pairs])
        lanes, lanes_cpu, lanes_clock = timed(
            lambda: trainer.train(received, subject.examples, subject.works)
        )
        ones, others = [u.arrays for u in alone], [u.arrays for u in lanes]
        apart = distance(ones, others) / distance(ones, received)
        assert apart <= AGREE, f"{subject.name}: the two ways differ by {apart:.1e}"
        ratios.append((cpu / lanes_cpu, clock / lanes_clock))
    of_cpu, of_clock = zip(*ratios, strict=True)
    return round(statistics.median(of_cpu), 2), round(statistics.median(of_clock), 2)


def main() -> None:
    torch.set_num_threads(1)
    model = llama()
    print(f"width {WIDTH}; clients x tokens in a step: sequential / lanes, CPU (clock)")
    ratios = {}
    for subject in cases():
        ratios[subject.name], clock = compare(model, subject)
        print(f"{subject.name:>17}  {ratios[subject.name]:.2f} ({clock:.2f})", flush=True)
    print(json.dumps({"benchmark": "lanes", "width": WIDTH, "sequential_over_lanes": ratios}))


if __name__ == "__main__":
    main()
