"""One client's local round: ours against the FlowerTune template's way, in the same process.

The template builds the base model anew for every message, draws batches at random, pads them to
their longest example and applies the head to every position. Ours keeps the model, batches by
length and applies the head where an answer is. Prints seconds a round and, last, one JSON line.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from federated import hub, partition
from federated.client import LocalWork, train_locally
from federated.domains import DOMAINS
from federated.model import adapter_parameters, add_adapter, load_base, read_adapter, write_adapter
from federated.prompts import Example, encode
from federated.reading import read

REPETITIONS = 5
CLIENTS = 20
"""So that a client holds the 160 examples of a round."""


def template_round(examples: Sequence[Example], work: LocalWork, arrays: dict[str, object]) -> None:
    """The template's shape of work, on the same examples and optimiser."""
    loaded = load_base(BASE, "none", "float32", "cpu")
    model = add_adapter(loaded, RECIPE.lora, 0, False)
    write_adapter(model, arrays)
    model.train()
    trained = adapter_parameters(model)
    optimizer = torch.optim.AdamW(trained.values(), lr=work.learning_rate, weight_decay=0.0)
    order = random.Random(42).sample(range(len(examples)), work.steps * work.train.batch_size)
    for at in range(0, len(order), work.train.batch_size):
        batch = [examples[i] for i in order[at : at + work.train.batch_size]]
        width = max(len(example.ids) for example in batch)
        ids = torch.tensor([e.ids + (0,) * (width - len(e.ids)) for e in batch])
        mask = torch.tensor([[1] * len(e.ids) + [0] * (width - len(e.ids)) for e in batch])
        labels = torch.tensor(
            [(-100,) * e.answer + e.ids[e.answer :] + (-100,) * (width - len(e.ids)) for e in batch]
        )
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.values(), work.train.max_grad_norm)
        optimizer.step()
    read_adapter(model)


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


torch.set_num_threads(1)
RECIPE = read('name = "bench"\ndomain = "finance-mini"\n[base]\nmodel = "mini/llama-1m"')
DOMAIN = DOMAINS[RECIPE.domain]
BASE = hub.pin_model(DOMAIN.base_model)


def main() -> None:
    table = hub.load_table(hub.pin_dataset(DOMAIN.dataset))
    share = partition.split(table, DOMAIN, CLIENTS, RECIPE.data)[0]
    loaded = load_base(BASE, "none", "float32", "cpu")
    model = add_adapter(loaded, RECIPE.lora, 0, False)
    examples = encode(share, DOMAIN.mapping, loaded.tokenizer, 512, True)
    arrays, pad = read_adapter(model), loaded.tokenizer.pad_token_id
    work = LocalWork(RECIPE.train, RECIPE.train.local_steps, 1e-3, 1, 0, 0)
    ours, template = [], []
    for _ in range(REPETITIONS):
        ours.append(seconds(lambda: train_locally(model, arrays, examples, pad, work)))
        template.append(seconds(lambda: template_round(examples, work, arrays)))
    a, b = statistics.median(ours), statistics.median(template)
    print(f"ours            {a:.3f} s a round (median of {REPETITIONS})")
    print(f"template's way  {b:.3f} s a round")
    print(json.dumps({"benchmark": "local_round", "template_over_ours": round(b / a, 2)}))


if __name__ == "__main__":
    main()
