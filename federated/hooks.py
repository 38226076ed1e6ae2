"""What is done around every round of any strategy: seeds, meter and budget, progress."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from .arrays import all_finite
from .checkpoint import MIB, Account
from .errors import ClientsFailed, Diverged, OverBudget
from .program import JobDirectory
from .recipe import Train
from .records import from_record
from .seeds import derive


def message_bytes(messages: Iterable[Message]) -> int:
    """Bytes of the arrays in these messages, as FlowerTune's tracker counts them.

    Serialised arrays with their small headers, and their names; metrics and configuration are not
    counted, and neither are error replies.
    """
    return sum(
        record.count_bytes()
        for message in messages
        if message.has_content()
        for record in message.content.array_records.values()
    )


def learning_rate(train: Train, server_round: int) -> float:
    """FlowerTune's cosine across rounds: min + (max - min) (1 + cos(pi round / rounds)) / 2."""
    low, high = train.learning_rate_min, train.learning_rate_max
    return low + 0.5 * (high - low) * (1 + math.cos(math.pi * server_round / train.rounds))


class Hooked(Strategy):
    """A strategy with our hooks around it; the strategy itself stays as Flower wrote it.

    `start` counts rounds from 1; a resumed run starts at `account.round` and shifts the count, so
    that the inner strategy, the seeds and the learning rate see the true round.
    """

    only_watches = True
    """The inner strategy alone decides how arrays become arrays: its replies may be folded."""

    def __init__(
        self,
        inner: Strategy,
        train: Train,
        seed: int,
        budget_mib: int,
        account: Account,
        after_round: Callable[[int, ArrayRecord, RoundFacts], None],
    ) -> None:
        self.inner, self.train, self.seed = inner, train, seed
        self.budget_mib, self.account, self.after_round = budget_mib, account, after_round
        self._offset = account.round
        self._started = 0.0
        self._down = 0

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Draw this round's clients from (seed, round) and meter what is sent to them."""
        true_round = server_round + self._offset
        self._started = time.perf_counter()
        random.seed(derive(self.seed, "clients", true_round))
        config["learning-rate"] = learning_rate(self.train, true_round)
        messages = list(self.inner.configure_train(true_round, arrays, config, grid))
        self._down = message_bytes(messages)
        self.account.bytes_down += self._down
        self._hold_to_budget(true_round)
        return messages

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Meter the replies, aggregate, refuse what is not finite, then tell the world."""
        true_round = server_round + self._offset
        replies = list(replies)
        facts = RoundFacts.of(replies, self._down)
        self.account.bytes_up += facts.bytes_up
        self._hold_to_budget(true_round)
        if not facts.losses:
            reason = next((r.error.reason for r in replies if r.has_error()), "no reply came")
            raise ClientsFailed(f"No client of round {true_round} returned an update: {reason}")
        arrays, metrics = self.inner.aggregate_train(true_round, replies)
        if arrays is None or not all_finite(from_record(arrays)):
            raise Diverged(f"The aggregate of round {true_round} is not finite.")
        self._count(true_round, facts)
        self.after_round(true_round, arrays, facts)
        return arrays, metrics

    def _count(self, true_round: int, facts: RoundFacts) -> None:
        account = self.account
        account.round = true_round
        account.loss = facts.loss
        account.examples += facts.examples
        account.tokens += facts.tokens
        account.seconds += time.perf_counter() - self._started

    def _hold_to_budget(self, true_round: int) -> None:
        if self.account.mib > self.budget_mib:
            raise OverBudget(
                f"{self.account.mib:,.1f} MiB exchanged by round {true_round}, the budget is "
                f"{self.budget_mib:,} MiB.",
                "Fewer rounds, a smaller client fraction or a lower LoRA rank send less.",
            )

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        return self.inner.configure_evaluate(server_round + self._offset, arrays, config, grid)

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        return self.inner.aggregate_evaluate(server_round + self._offset, replies)

    def summary(self) -> None:
        self.inner.summary()


class RoundFacts(NamedTuple):
    """What a round's replies say."""

    clients: tuple[int, ...]
    failed: tuple[int, ...]
    losses: dict[int, float]
    loss: float
    examples: int
    tokens: int
    bytes_down: int
    bytes_up: int

    @classmethod
    def of(cls, replies: list[Message], bytes_down: int) -> RoundFacts:
        """Read the replies; client ids are partitions, loss is the example-weighted mean."""
        good = [reply for reply in replies if reply.has_content()]
        metrics = {
            reply.metadata.src_node_id - 1: reply.content.metric_records["metrics"]
            for reply in good
        }
        weights: Any = [m["num-examples"] for m in metrics.values()]
        losses: Any = {client: m["train_loss"] for client, m in metrics.items()}
        return cls(
            clients=tuple(metrics),
            failed=tuple(r.metadata.src_node_id - 1 for r in replies if r.has_error()),
            losses=losses,
            loss=float(np.average(list(losses.values()), weights=weights)) if losses else math.nan,
            examples=_total(metrics.values(), "seen"),
            tokens=_total(metrics.values(), "tokens"),
            bytes_down=bytes_down,
            bytes_up=message_bytes(good),
        )


def _total(metrics: Iterable[MetricRecord], key: str) -> int:
    return sum(cast(int, each[key]) for each in metrics)


def report_round(
    directory: JobDirectory, train: Train, account: Account, facts: RoundFacts
) -> None:
    """One line for the page and one for the log."""
    now = learning_rate(train, account.round)
    directory.progress(
        "round",
        round=account.round,
        of=train.rounds,
        loss=facts.loss,
        losses={str(client): loss for client, loss in facts.losses.items()},
        bytes_down=facts.bytes_down,
        bytes_up=facts.bytes_up,
        mib=round(account.mib, 3),
        seconds=round(account.seconds, 3),
        clients=list(facts.clients),
        failed=list(facts.failed),
        learning_rate=now,
        examples=account.examples,
        tokens=account.tokens,
    )
    print(
        f"round {account.round} of {train.rounds}  loss {facts.loss:.4f}  "
        f"up {facts.bytes_up / MIB:.1f} MiB  down {facts.bytes_down / MIB:.1f} MiB  "
        f"{len(facts.clients)} of {len(facts.clients) + len(facts.failed)} clients",
        flush=True,
    )
