"""The Flower `ClientApp` around a client's local round, and what a machine keeps for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from .arrays import Arrays
from .client import LocalWork, Update, train_locally
from .errors import EngineError
from .records import from_record, to_record

if TYPE_CHECKING:
    from flwr.app import Context, Message
    from flwr.clientapp import ClientApp
    from peft import PeftModel

    from .methods.base import Penalty
    from .prompts import Example
    from .recipe import Train


class Holdings(NamedTuple):
    """What a simulated machine keeps between messages: one resident model, the clients' data."""

    model: PeftModel
    pad: int
    examples: Callable[[int], Sequence[Example]]
    train: Train
    steps: int
    seed: int
    penalty: Penalty | None


class Holds(Protocol):
    """Whoever keeps a machine's holdings, and loads them when they are first asked for."""

    @property
    def holdings(self) -> Holdings:
        """What the clients of this machine share."""
        ...


def client_app(machine: Holds, lanes: int = 1) -> ClientApp:
    """A Flower client app whose train handler tunes the received adapter on its partition.

    With `lanes` above 1 it also offers to train so many clients at once.

    Message in: `arrays`, and `config` with server-round and learning-rate. Message out: `arrays`
    and `metrics` with num-examples (the client's data, its weight), train_loss, seen, tokens and
    seconds.
    """
    from flwr.clientapp import ClientApp

    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        holdings = machine.holdings
        work = work_of(message, context, holdings)
        examples = holdings.examples(work.client)
        return reply(
            message,
            train_locally(holdings.model, received(message), examples, holdings.pad, work),
        )

    if lanes > 1:
        vars(app)["train_many"] = partial(_train_many, machine, lanes)
    return app


def _train_many(
    machine: Holds, lanes: int, messages: Sequence[Message], contexts: Sequence[Context]
) -> list[Message | EngineError]:
    """Many clients' messages at once: a reply for each, or why there is none."""
    from .lanes import MultiLoRATrainer

    holdings = machine.holdings
    works = [work_of(m, c, holdings) for m, c in zip(messages, contexts, strict=True)]
    trainer = MultiLoRATrainer(holdings.model, holdings.pad, lanes)
    updates = trainer.train(
        [received(message) for message in messages],
        [holdings.examples(work.client) for work in works],
        works,
    )
    return [
        update if isinstance(update, EngineError) else reply(message, update)
        for message, update in zip(messages, updates, strict=True)
    ]


def work_of(message: Message, context: Context, holdings: Holdings) -> LocalWork:
    """What a message asks of the client in this context."""
    config = message.content.config_records["config"]
    return LocalWork(
        train=holdings.train,
        steps=holdings.steps,
        learning_rate=cast(float, config["learning-rate"]),
        server_round=cast(int, config["server-round"]),
        client=int(context.node_config["partition-id"]),
        seed=holdings.seed,
        penalty=holdings.penalty,
    )


def received(message: Message) -> Arrays:
    """The adapter that a message brings."""
    return from_record(message.content.array_records["arrays"])


def reply(message: Message, update: Update) -> Message:
    """The message with which a client sends back its update."""
    from flwr.app import Message, MetricRecord, RecordDict

    metrics = MetricRecord(
        {
            "num-examples": update.examples,
            "train_loss": update.loss,
            "seen": update.seen,
            "tokens": update.tokens,
            "seconds": update.seconds,
        }
    )
    content = RecordDict({"arrays": to_record(update.arrays), "metrics": metrics})
    return Message(content, reply_to=message)
