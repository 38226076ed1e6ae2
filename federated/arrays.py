"""Algebra over named arrays: what the papers write, without a framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.float32]]


def weighted_mean(
    updates: Sequence[Mapping[str, NDArray[np.float32]]], weights: Sequence[float]
) -> Arrays:
    """sum_k w_k x_k / sum_k w_k, name by name: the reference that tests hold Flower's against.

    Raises ValueError on no updates, on weights that do not sum above zero, or on unequal names.
    """
    total = float(sum(weights))
    if not updates or total <= 0:
        raise ValueError(f"{len(updates)} updates with weights summing to {total}")
    names = updates[0].keys()
    if any(update.keys() != names for update in updates):
        raise ValueError("updates with different array names cannot be averaged")
    return {
        name: sum(
            (u[name] * np.float32(w / total) for u, w in zip(updates, weights, strict=True)),
            start=np.zeros_like(updates[0][name]),
        )
        for name in names
    }


def all_finite(arrays: Mapping[str, NDArray[np.float32]]) -> bool:
    """Whether no array holds NaN or an infinity."""
    return all(bool(np.isfinite(array).all()) for array in arrays.values())
