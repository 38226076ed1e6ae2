"""The server: one of Flower's strategies, from a model of zeros."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from flwr.app import ArrayRecord, Context
from flwr.serverapp import Grid, ServerApp, strategy

from .regression import start

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Train; leave the final arrays in the context's state and, if asked, in a file."""
    config = context.run_config
    fractions = {
        "fraction_train": config["fraction"],
        "fraction_evaluate": config["fraction"] if config["evaluate"] else 0.0,
    }
    result = getattr(strategy, config["strategy"])(**fractions).start(
        grid=grid,
        initial_arrays=ArrayRecord(start(config["data.features"])),
        num_rounds=config["rounds"],
    )
    context.state["arrays"] = result.arrays
    print(f"quickstart finished after {config['rounds']} rounds")
    if config["save-to"]:
        weights, bias = result.arrays.to_numpy_ndarrays()
        np.savez(Path(config["save-to"]), weights=weights, bias=bias)
