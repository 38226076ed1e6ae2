"""FedAvg on the quickstart app in closed form: no Flower, and no step of gradient descent."""

from __future__ import annotations

import numpy as np

from tests.federated.simulation.apps.quickstart.quickstart.regression import Floats, data


def fedavg(
    clients: int,
    rounds: int,
    features: int = 3,
    rows: int = 20,
    spread: float = 0.0,
    rate: float = 0.1,
    steps: int = 5,
) -> Floats:
    """The final weights and, last, the bias [features + 1] when all clients train in all rounds.

    One step on half the mean squared error is w <- w - rate (H w - g), with H = X'X/n, g = X'y/n
    and a column of ones in X for the bias. Around the optimum w* = inv(H) g it is a contraction:
    after k steps w - w* = (I - rate H)^k (w0 - w*).
    """
    model, everyone = np.zeros(features + 1), []
    for partition in range(clients):
        inputs, targets = data(partition, features, rows, spread)
        extended = np.column_stack([inputs, np.ones(len(targets))])
        hessian = extended.T @ extended / len(targets)
        best = np.linalg.solve(hessian, extended.T @ targets / len(targets))
        shrink = np.linalg.matrix_power(np.eye(features + 1) - rate * hessian, steps)
        everyone.append((len(targets), best, shrink))
    for _ in range(rounds):
        updates = [n * (best + shrink @ (model - best)) for n, best, shrink in everyone]
        model = np.sum(updates, axis=0) / sum(n for n, _, _ in everyone)
    return model
