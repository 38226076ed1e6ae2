"""The cache with room holds what transformers' own cache holds."""

from __future__ import annotations

import torch
from transformers import LlamaConfig
from transformers.cache_utils import DynamicLayer

from evaluators.lm.cache import ROOM, RoomyLayer, continued, is_plain, roomy_cache


def states(columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(3, 2, columns, 4), torch.randn(3, 2, columns, 4)


def test_it_returns_what_the_growing_layer_returns() -> None:
    ours, theirs = RoomyLayer(), DynamicLayer()
    for columns in (5, 1, 1, 2 * ROOM, 1, 3):
        new = states(columns)
        for one, other in zip(ours.update(*new), theirs.update(*new), strict=True):
            assert torch.equal(one, other)
        assert ours.get_seq_length() == theirs.get_seq_length()


def test_dropping_rows_keeps_the_others_and_growing_goes_on() -> None:
    ours, theirs = RoomyLayer(), DynamicLayer()
    first = states(4)
    ours.update(*first), theirs.update(*first)
    rows = torch.tensor([2, 0])
    ours.batch_select_indices(rows), theirs.batch_select_indices(rows)
    new = tuple(state[:2] for state in states(1))
    for one, other in zip(ours.update(*new), theirs.update(*new), strict=True):
        assert torch.equal(one, other)


def test_one_row_goes_on_as_many_and_stays_as_it_was() -> None:
    config = LlamaConfig(num_hidden_layers=1)
    one = roomy_cache(config)
    first = [state[:1] for state in states(4)]
    one.update(*first, 0)
    for _ in range(2):
        new = states(2)
        found = continued(one, config).update(*new, 0)
        for state, begun, more in zip(found, first, new, strict=True):
            assert torch.equal(state, torch.cat([begun.expand(3, -1, -1, -1), more], dim=-2))
    assert one.get_seq_length() == 4


def test_layers_of_another_kind_are_left_as_they_are() -> None:
    plain = roomy_cache(LlamaConfig(num_hidden_layers=2))
    assert [type(layer) for layer in plain.layers] == [RoomyLayer, RoomyLayer]
    sliding = LlamaConfig(num_hidden_layers=1)
    sliding.layer_types, sliding.sliding_window = ["sliding_attention"], 8
    assert not any(isinstance(layer, RoomyLayer) for layer in roomy_cache(sliding).layers)
    assert is_plain(plain) and not is_plain(roomy_cache(sliding))
