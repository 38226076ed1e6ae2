"""What one bad client can do to a run: nothing, but fail by itself.

Rounds have five clients; partition 1 misbehaves in round 1. The right weights are those of a run in
which it raises: its update is missing from round 1 and nothing else is different.
"""

from __future__ import annotations

import json
import math
import os
import re
import signal
import threading
import time
from typing import Any

import numpy as np
import psutil
import pytest
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedAvg

from federated.simulation.grid import SimulationGrid
from federated.simulation.run import running
from federated.simulation.runner import Federation
from federated.simulation.settings import Settings
from tests.federated.simulation.conftest import Ran, Run

BOTH = pytest.mark.parametrize("reduce", ["auto", "keep"])


def without_it(quickstart: Run) -> Ran:
    return quickstart(settings={"backend": "inline"}, misbehave__how="raise")


def close(found: Ran, wanted: Ran) -> bool:
    return all(
        np.allclose(a, b, atol=1e-9) for a, b in zip(found.arrays, wanted.arrays, strict=True)
    )


@BOTH
@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raise", "ValueError: this client raises because it was asked to"),
        ("nan", "the client's array '0' holds numbers that are not finite"),
        ("die", r"the worker process was killed by signal 9 \(SIGKILL\) twice"),
    ],
)
def test_a_client_that_does_wrong_fails_alone(
    quickstart: Run, how: str, reason: str, reduce: str
) -> None:
    ran = quickstart(settings={"reduce": reduce}, misbehave__how=how)
    assert list(ran.failures) == [1]
    assert len(ran.failures[1]) == 1
    assert re.search(reason, ran.failures[1][0])
    assert close(ran, without_it(quickstart))


def test_arrays_of_another_shape_are_kept_out_of_the_mean(quickstart: Run) -> None:
    ran = quickstart(misbehave__how="shapes")
    assert ran.failures == {
        1: ["the client's arrays do not fit the others': array '0' has shape (4,), wanted (3,)"]
    }
    assert close(ran, without_it(quickstart))


@BOTH
def test_a_client_that_hangs_is_ended_and_its_neighbours_run_on(
    quickstart: Run, reduce: str
) -> None:
    started = time.monotonic()
    settings = {"client_timeout": 1.0, "reduce": reduce}
    ran = quickstart(settings=settings, misbehave__how="hang")
    assert ran.failures == {1: ["it took over 1 s and was ended"]}
    assert time.monotonic() - started < 20
    assert close(ran, without_it(quickstart))


@BOTH
def test_writing_into_the_received_arrays_harms_nobody(quickstart: Run, reduce: str) -> None:
    """Partition 1 starts from 1e9 and says so; the others start where they should."""
    alone = quickstart(settings={"backend": "inline"}, misbehave__how="write")
    ran = quickstart(settings={"workers": 1, "reduce": reduce}, misbehave__how="write")
    assert ran.failures == {} == alone.failures
    behaved = quickstart(settings={"backend": "inline"}, misbehave__partition=99)
    losses = {c["client"]: c["outcome"] for c in clients(ran)}
    assert set(losses.values()) == {"done"}
    assert close(ran, alone)
    assert not close(ran, behaved)


def clients(ran: Ran) -> list[dict[str, Any]]:
    lines = map(json.loads, ran.profiles.read_text().splitlines())
    return [line for line in lines if line["event"] == "client" and line["kind"] == "train"]


@BOTH
def test_killing_a_worker_in_mid_round_changes_no_weight(quickstart: Run, reduce: str) -> None:
    """A thread kills the first child it sees at work, with signal 9, while clients sleep."""
    calm = quickstart(settings={"backend": "inline"}, clients=8, rounds=1)
    killed: list[int] = []
    others = set(_children())  # servers of other tests, say

    def kill() -> None:
        for _ in range(500):
            time.sleep(0.02)
            if workers := sorted(set(_children()) - others):
                time.sleep(0.3)
                os.kill(workers[0], signal.SIGKILL)
                killed.append(workers[0])
                return

    thread = threading.Thread(target=kill)
    thread.start()
    ran = quickstart(clients=8, settings={"reduce": reduce}, rounds=1, train__seconds_per_row=0.03)
    thread.join()
    assert len(killed) == 1
    assert ran.failures == {}
    assert close(ran, calm)
    assert {line["client"] for line in clients(ran)} == set(range(8))
    assert max(line["attempt"] for line in clients(ran)) == 2


def _children() -> list[int]:
    return [child.pid for child in psutil.Process().children()]


def test_a_round_that_takes_too_long_ends_with_error_replies() -> None:
    """Node 2 sleeps, node 4 waits behind it on the same worker; 1 and 3 are done long before."""
    app = ClientApp()

    @app.query()
    def query(message: Message, context: Context) -> Message:
        time.sleep(60 if context.node_id == 2 else 0)
        content = RecordDict({"m": MetricRecord({"node": context.node_id})})
        return Message(content, reply_to=message)

    with running(app, Federation(4), Settings(workers=2)) as backend:
        grid = SimulationGrid(backend, 4)
        messages = [Message(RecordDict(), node, "query") for node in (1, 2, 3, 4)]
        replies = list(grid.send_and_receive(messages, timeout=1.5))
        assert [reply.has_error() for reply in replies] == [False, True, False, True]
        assert replies[1].error.reason == "the round's time was over while it ran"
        assert replies[3].error.reason == "the round's time was over before it ran"
        again = list(grid.send_and_receive([Message(RecordDict(), 3, "query")]))
        assert again[0].content["m"]["node"] == 3


@pytest.mark.parametrize("weight", [math.nan, math.inf])
@BOTH
def test_a_weight_that_is_no_number_fails_its_client_and_kills_no_worker(
    reduce: str, weight: float
) -> None:
    """Folded it would spoil the mean; kept, the strategy sees what the client said."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        said = weight if context.node_id == 2 else 1
        content = RecordDict(
            {
                "arrays": ArrayRecord([np.full(2, context.node_id, np.float32)]),
                "metrics": MetricRecord({"num-examples": said, "pid": os.getpid()}),
            }
        )
        return Message(content, reply_to=message)

    with running(app, Federation(3), Settings(workers=1)) as backend:
        grid = SimulationGrid(backend, 3, Settings(workers=1, reduce=reduce))
        grid.strategy = FedAvg()
        content = RecordDict({"arrays": ArrayRecord([np.zeros(2, np.float32)])})
        results = list(grid.send_and_receive([Message(content, n, "train") for n in (1, 2, 3)]))
    folded = reduce == "auto"
    assert [reply.has_error() for reply in results] == [False, folded, False]
    if folded:
        assert "weight 'num-examples' is" in results[1].error.reason
    good = [reply for reply in results if reply.has_content()]
    workers = {reply.content["metrics"]["pid"] for reply in good}
    assert len(workers) == 1


def test_no_process_is_left_when_a_run_is_over(quickstart: Run) -> None:
    before = set(_children())
    quickstart()
    assert set(_children()) == before
