"""One client's local round."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from federated import hub
from federated.client import LocalWork, answer_loss, schedule, train_locally
from federated.errors import Diverged
from federated.model import Loaded, add_adapter, load_base, read_adapter
from federated.prompts import Example
from federated.recipe import Lora, Train


@pytest.fixture
def loaded(tiny_hub: Path) -> Loaded:
    return load_base(hub.pin_model("tiny/llama"), device="cpu")


def examples(lengths: list[int]) -> list[Example]:
    draw = np.random.default_rng(0)
    return [Example(tuple(int(i) for i in draw.integers(2, 400, n)), n - 2) for n in lengths]


def work(**changes: object) -> LocalWork:
    plain = LocalWork(Train(batch_size=4), 3, 0.01, 1, 0, 0)
    return plain._replace(**changes)  # type: ignore[arg-type]


def test_rotating_rounds_walk_through_all_the_data() -> None:
    held = examples([10] * 24)
    seen = [
        index
        for server_round in (1, 2)
        for batch in schedule(held, work(server_round=server_round))
        for index in batch
    ]
    assert sorted(seen) == list(range(24))


def test_fixed_rounds_see_the_same_examples_as_the_original_does() -> None:
    held = examples([10] * 100)
    fixed = Train(batch_size=4, data_order="fixed")
    first, second = (
        sorted(i for batch in schedule(held, work(train=fixed, server_round=r)) for i in batch)
        for r in (1, 2)
    )
    assert first == second


def test_a_client_with_few_rows_starts_them_again() -> None:
    batches = schedule(examples([10] * 5), work())
    assert [len(batch) for batch in batches] == [4, 4, 4]


def test_batches_hold_examples_of_like_length() -> None:
    lengths = list(np.random.default_rng(0).integers(5, 100, 240))
    held = examples([int(n) for n in lengths])
    batches = schedule(held, work(steps=60))
    padding = sum(max(lengths[i] for i in b) * len(b) - sum(lengths[i] for i in b) for b in batches)
    assert padding / sum(lengths) < 0.05


def test_the_loss_is_the_mean_over_answer_tokens_and_ignores_padding(loaded: Loaded) -> None:
    batch = examples([6, 11])
    losses = []
    for example in batch:
        ids = torch.tensor([example.ids])
        logits = loaded.model(ids).logits[0, example.answer - 1 : -1]
        wanted = ids[0, example.answer :]
        losses += torch.nn.functional.cross_entropy(logits, wanted, reduction="none").tolist()
    together = answer_loss(loaded.model, batch, pad=1).item()
    assert together == pytest.approx(float(np.mean(losses)), abs=1e-5)


def test_the_same_round_gives_the_same_bits(loaded: Loaded) -> None:
    model = add_adapter(loaded, Lora(rank=2, dropout=0.5), 0, False)
    start = read_adapter(model)
    first, second = (train_locally(model, start, examples([9] * 12), 1, work()) for _ in range(2))
    assert all(np.array_equal(first.arrays[name], second.arrays[name]) for name in start)
    assert any(not np.array_equal(first.arrays[name], start[name]) for name in start)


def test_a_loss_that_is_not_finite_is_an_error(loaded: Loaded) -> None:
    model = add_adapter(loaded, Lora(rank=2), 0, False)
    start = {name: np.full_like(array, np.nan) for name, array in read_adapter(model).items()}
    with pytest.raises(Diverged, match="client 0 left round 1"):
        train_locally(model, start, examples([9] * 12), 1, work())
