"""Nothing a round costs grows with the clients that do not take part."""

from __future__ import annotations

import tracemalloc

from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from federated.simulation.grid import SimulationGrid
from federated.simulation.inline import Inline
from federated.simulation.runner import Federation

MIB = 1024**2
MILLION = 1_000_000


def test_a_million_clients_are_set_up_in_less_than_a_hundred_megabytes() -> None:
    app = ClientApp()

    @app.query()
    def query(message: Message, context: Context) -> Message:
        assert context.node_config["num-partitions"] == MILLION
        partition = context.node_config["partition-id"]
        return Message(RecordDict({"m": MetricRecord({"p": partition})}), reply_to=message)

    tracemalloc.start()
    grid = SimulationGrid(Inline(app, Federation(MILLION)), MILLION)
    assert len(list(grid.get_node_ids())) == MILLION
    (last,) = grid.send_and_receive([Message(RecordDict(), MILLION, "query")])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last.content["m"]["p"] == MILLION - 1
    assert peak < 100 * MIB


def test_only_clients_that_ran_are_remembered() -> None:
    app = ClientApp()

    @app.query()
    def query(message: Message, context: Context) -> Message:
        return Message(RecordDict({"m": MetricRecord({"num-examples": 3})}), reply_to=message)

    grid = SimulationGrid(Inline(app, Federation(MILLION)), MILLION)
    list(grid.send_and_receive([Message(RecordDict(), node, "query") for node in (1, 500, 9)]))
    assert set(grid._sizes) == {1, 500, 9}
