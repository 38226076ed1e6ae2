"""Leaving out what nobody reads changes nothing that is read."""

from __future__ import annotations

import torch

from evaluators.lm.narrow import _cut, last_position_only, narrow
from federated.model import Loaded

IDS = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])


def test_the_last_positions_logits_and_all_keys_and_values_stay(loaded: Loaded) -> None:
    with torch.inference_mode():
        whole = loaded.model(IDS)
        narrow(loaded.model)
        with last_position_only(True):
            found = loaded.model(IDS)
    assert torch.allclose(found.logits[:, -1], whole.logits[:, -1], atol=1e-6)
    assert not torch.allclose(found.logits[:, 0], whole.logits[:, 0], atol=1e-3)
    for one, other in zip(found.past_key_values.layers, whole.past_key_values.layers, strict=True):
        assert torch.equal(one.keys, other.keys) and torch.equal(one.values, other.values)


def test_outside_of_it_a_narrowed_model_is_as_before(loaded: Loaded) -> None:
    with torch.inference_mode():
        whole = loaded.model(IDS).logits
        narrow(loaded.model)
        with last_position_only(True):
            loaded.model(IDS)
        assert torch.equal(loaded.model(IDS).logits, whole)
        with last_position_only(False):
            assert torch.equal(loaded.model(IDS).logits, whole)


def test_a_model_is_narrowed_once_and_one_of_another_build_never(loaded: Loaded) -> None:
    narrow(loaded.model)
    narrow(loaded.model)
    hooks = loaded.model.model.layers[-1].mlp._forward_pre_hooks.values()
    assert list(hooks) == [_cut]
    narrow(torch.nn.Linear(2, 2))
