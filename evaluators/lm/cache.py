"""A key-value cache with room ahead: a new token is written in place, and nothing is copied."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 64


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """transformers' growing layer, but `keys` and `values` are views of buffers with spare columns.

    Its own `update` copies all that is cached for every new token; on a CPU that is most of the
    time of a small model. Shapes are (rows, heads, columns, head size).
    """

    room: tuple[Tensor, Tensor] | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        used, new = self.get_seq_length(), key_states.shape[-2]
        if self.room is None or self.room[0].shape[-2] < used + new:
            self._grow(key_states, value_states, used)
        assert self.room is not None
        self.room[0][..., used : used + new, :] = key_states
        self.room[1][..., used : used + new, :] = value_states
        self.keys, self.values = (r[..., : used + new, :] for r in self.room)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        super().batch_select_indices(indices)
        self.room = None

    def _grow(self, key_states: Tensor, value_states: Tensor, used: int) -> None:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.room = (_roomy(self.keys, key_states, used), _roomy(self.values, value_states, used))


def _roomy(old: Tensor, new: Tensor, used: int) -> Tensor:
    """`old`, with columns for `new` and ROOM more to its right; one row of `old` serves all."""
    rows, heads, columns, size = new.shape
    buffer = new.new_empty((rows, heads, used + columns + ROOM, size))
    if used:
        buffer[..., :used, :] = old
    return buffer


def continued(cache: DynamicCache, config: Any) -> DynamicCache:
    """A cache for any number of rows that all begin with the one row that `cache` holds."""
    fresh = roomy_cache(config)
    for layer, old in zip(fresh.layers, cache.layers, strict=True):
        layer.lazy_initialization(old.keys, old.values)
        layer.keys, layer.values = old.keys, old.values
    return fresh


def is_plain(cache: DynamicCache) -> bool:
    """Whether every layer sees all that is cached, wherever padding stands."""
    return all(type(layer) is RoomyLayer for layer in cache.layers)


def roomy_cache(config: Any) -> DynamicCache:
    """The cache this model uses, its plain layers with room; sliding or linear ones as they are."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer() if type(x) is DynamicLayer else x for x in cache.layers]
    return cache
