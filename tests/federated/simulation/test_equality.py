"""An unchanged app gives stock Flower's weights: every strategy, folded and kept, any backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, RecordDict
from flwr.serverapp import Grid, ServerApp

from federated.errors import EngineError
from federated.simulation.run import simulate
from federated.simulation.settings import Settings
from tests.federated.simulation.apps import averaging

ROOT = Path(__file__).parents[3]
NAMES = list(averaging.STRATEGIES)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """What Flower's own simulation on Ray makes of the app."""
    pytest.importorskip("ray")
    out = tmp_path_factory.mktemp("stock") / "stock.npz"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FLWR_TELEMETRY_ENABLED": "0"}
    command = [sys.executable, averaging.__file__, str(out), *NAMES]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
    assert ran.returncode == 0, ran.stderr[-2000:]
    with np.load(out) as file:
        return dict(file)


def ours(names: list[str], **settings: Any) -> dict[str, Any]:
    results: dict[str, Any] = {}
    simulate(
        averaging.server_app(names, results),
        averaging.client_app,
        averaging.CLIENTS,
        settings=Settings(**settings),
    )
    return results


@pytest.mark.slow
@pytest.mark.xdist_group("ray")
@pytest.mark.parametrize(
    "settings",
    [
        {"workers": 2},
        {"workers": 2, "reduce": "keep"},
        {"backend": "inline"},
        {"workers": 1, "backend": "ray", "machines": 2},
        {"workers": 1, "backend": "ray", "machines": 2, "reduce": "keep"},
    ],
    ids=lambda settings: " ".join(map(str, settings.values())),
)
def test_every_strategy_gives_stock_flowers_weights(
    stock: dict[str, np.ndarray], settings: dict[str, Any]
) -> None:
    results = ours(NAMES, **settings)
    for name in NAMES:
        found = averaging.weights_of(results[name])
        np.testing.assert_allclose(found, stock[name], rtol=0, atol=1e-6, err_msg=name)
        loss = results[name].evaluate_metrics_clientapp[averaging.ROUNDS]["loss"]
        assert loss == pytest.approx(float(stock[f"{name}/loss"]), rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_workers_changes_no_bit(name: str) -> None:
    one, three = ours([name], workers=1), ours([name], workers=3, policy="by-size")
    a, b = (averaging.weights_of(each[name]) for each in (one, three))
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("name", averaging.FOLDED)
def test_folding_gives_what_keeping_gives(name: str) -> None:
    folded, kept = ours([name], workers=2), ours([name], workers=2, reduce="keep")
    a, b = (averaging.weights_of(each[name]) for each in (folded, kept))
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


def test_folding_is_refused_for_a_strategy_that_looks_at_every_reply() -> None:
    with pytest.raises(EngineError, match="Krum is not known to take only the weighted mean"):
        ours(["Krum"], workers=1, reduce="fold")


def test_what_an_app_sends_by_itself_is_not_folded() -> None:
    """Before and after a strategy the same grid hands over every client's arrays."""
    seen: list[list[float]] = []
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        start = ArrayRecord([np.zeros(4, np.float32), np.zeros(1, np.float32)])
        averaging.STRATEGIES["FedAvg"]().start(grid, start, num_rounds=1)
        content = RecordDict({"arrays": start, "config": ConfigRecord()})
        messages = [Message(content, node, "train") for node in (1, 2)]
        for reply in grid.send_and_receive(messages):
            seen.append(reply.content["arrays"]["0"].numpy().tolist())

    simulate(app, averaging.client_app, averaging.CLIENTS, settings=Settings(workers=2))
    assert len(seen) == 2 and seen[0] != seen[1]
