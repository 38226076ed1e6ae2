"""The data and the mathematics, without Flower: a test can follow a whole run by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def data(partition: int, features: int, rows: int, spread: float) -> tuple[Floats, Floats]:
    """One client's inputs [n, features] and targets [n]; the same for the same partition."""
    rng = np.random.default_rng(1000 + partition)
    n = max(1, round(rows * float(np.exp(spread * rng.standard_normal()))))
    inputs = rng.standard_normal((n, features))
    noise = 0.1 * rng.standard_normal(n)
    return inputs, inputs @ np.arange(1.0, features + 1) + 0.5 + noise


def start(features: int) -> list[Floats]:
    """The first global model: weights [features] and bias [1]."""
    return [np.zeros(features), np.zeros(1)]


def descend(
    model: list[Floats], inputs: Floats, targets: Floats, rate: float, steps: int
) -> list[Floats]:
    """`steps` of gradient descent on half the mean squared error; `model` is left alone."""
    weights, bias = model
    for _ in range(steps):
        residual = inputs @ weights + bias - targets
        weights = weights - rate * inputs.T @ residual / len(targets)
        bias = bias - rate * residual.mean(keepdims=True)
    return [weights, bias]


def loss(model: list[Floats], inputs: Floats, targets: Floats) -> float:
    """Half the mean squared error."""
    return float(((inputs @ model[0] + model[1] - targets) ** 2).mean() / 2)
