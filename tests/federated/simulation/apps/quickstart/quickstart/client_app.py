"""What a client does with a model: a few steps on its own rows."""

from __future__ import annotations

import time

from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from .misbehaviour import misbehave, spoil
from .regression import data, descend, loss

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Descend from the global model; `times` counts how often this client took part."""
    config, partition = context.run_config, context.node_config["partition-id"]
    inputs, targets = _rows(context)
    model = message.content["arrays"].to_numpy_ndarrays()
    culprit = (
        partition == config["misbehave.partition"]
        and message.content["config"]["server-round"] == config["misbehave.round"]
    )
    if culprit:
        misbehave(config["misbehave.how"], model, config["misbehave.seconds"])
    time.sleep(config["train.seconds-per-row"] * len(targets))
    model = descend(model, inputs, targets, config["train.learning-rate"], config["train.steps"])
    metrics = {
        "num-examples": len(targets),
        "train_loss": loss(model, inputs, targets),
        "times": _count(context),
    }
    if culprit:
        model = spoil(config["misbehave.how"], model)
    content = RecordDict({"arrays": ArrayRecord(model), "metrics": MetricRecord(metrics)})
    return Message(content, reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    """The loss of the global model on this client's rows."""
    inputs, targets = _rows(context)
    model = message.content["arrays"].to_numpy_ndarrays()
    metrics = {"num-examples": len(targets), "eval_loss": loss(model, inputs, targets)}
    return Message(RecordDict({"metrics": MetricRecord(metrics)}), reply_to=message)


def _rows(context: Context):
    config = context.run_config
    return data(
        context.node_config["partition-id"],
        config["data.features"],
        config["data.rows"],
        config["data.spread"],
    )


def _count(context: Context) -> int:
    """Remember in the client's state that it trained once more."""
    record = context.state.get("memory") or MetricRecord({"times": 0})
    times = record["times"] + 1
    context.state["memory"] = MetricRecord({"times": times})
    return times
