"""A least-squares app in numpy whose server takes any Flower strategy: run by us and by Flower.

As a program it is run by stock Flower on Ray: `averaging.py OUT.npz NAME...` writes the final
weights of each named strategy.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp, strategy

CLIENTS, ROUNDS = 6, 3
EVERYONE = {
    "fraction_train": 1.0, "min_train_nodes": CLIENTS, "min_available_nodes": CLIENTS,
    "fraction_evaluate": 1.0,
}  # fmt: skip
STRATEGIES: dict[str, Any] = {
    "FedAvg": lambda: strategy.FedAvg(**EVERYONE),
    "FedAvgM": lambda: strategy.FedAvgM(server_momentum=0.7, **EVERYONE),
    "FedAdam": lambda: strategy.FedAdam(eta=0.05, **EVERYONE),
    "Krum": lambda: strategy.Krum(num_malicious_nodes=1, **EVERYONE),
    "FedMedian": lambda: strategy.FedMedian(**EVERYONE),
}
FOLDED = ("FedAvg", "FedAvgM", "FedAdam")


def rows(partition: int) -> tuple[np.ndarray, np.ndarray]:
    """A client's data: its size and its slope are its own."""
    rng = np.random.default_rng(partition)
    inputs = rng.standard_normal((10 + 7 * partition, 4)).astype(np.float32)
    return inputs, inputs @ np.arange(1, 5, dtype=np.float32) + np.float32(partition)


client_app = ClientApp()


@client_app.train()
def train(message: Message, context: Context) -> Message:
    """Five gradient steps on the received weights and bias."""
    inputs, targets = rows(int(context.node_config["partition-id"]))
    weights, bias = message.content["arrays"].to_numpy_ndarrays()
    for _ in range(5):
        error = inputs @ weights + bias - targets
        weights -= np.float32(0.05) * inputs.T @ error / np.float32(len(targets))
        bias -= np.float32(0.05) * error.mean(keepdims=True)
    metrics = MetricRecord({"num-examples": len(targets), "loss": float(np.square(error).mean())})
    content = RecordDict({"arrays": ArrayRecord([weights, bias]), "metrics": metrics})
    return Message(content, reply_to=message)


@client_app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    """The mean squared error on the client's data."""
    inputs, targets = rows(int(context.node_config["partition-id"]))
    weights, bias = message.content["arrays"].to_numpy_ndarrays()
    loss = float(np.square(inputs @ weights + bias - targets).mean())
    metrics = MetricRecord({"num-examples": len(targets), "loss": loss})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)


def server_app(names: Sequence[str], results: dict[str, Any]) -> ServerApp:
    """Runs the strategies of these names, each from the start, and leaves their results."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        for name in names:
            start = ArrayRecord([np.zeros(4, np.float32), np.zeros(1, np.float32)])
            results[name] = STRATEGIES[name]().start(grid, start, num_rounds=ROUNDS)

    return app


def weights_of(result: Any) -> np.ndarray:
    """Weights and bias in one vector."""
    return np.concatenate(result.arrays.to_numpy_ndarrays())


def _stock(out: str, names: list[str]) -> None:
    from flwr.simulation import run_simulation

    results: dict[str, Any] = {}
    run_simulation(
        server_app(names, results),
        client_app,
        CLIENTS,
        backend_config={
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
            "init_args": {"num_cpus": 2, "include_dashboard": False, "log_to_driver": False},
        },
    )
    losses = {f"{n}/loss": r.evaluate_metrics_clientapp[ROUNDS]["loss"] for n, r in results.items()}
    np.savez(out, **{name: weights_of(result) for name, result in results.items()}, **losses)


if __name__ == "__main__":
    _stock(sys.argv[1], sys.argv[2:])
