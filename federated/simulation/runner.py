"""Runs one client of a Flower app: its message, its context, its reply, what it took."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from ..errors import EngineError, Interrupted, OutOfMemory
from ..program import as_engine_error, log_failure
from .compat import RUN_ID, count_bytes, delivered, fresh, prepare, values_of
from .fold import Folds, Signature
from .measuring import Meter
from .work import Failure, Outcome, Task, partition_of

CLIENT_FAILED = 1


class Federation(NamedTuple):
    """What every client can know of where it is."""

    clients: int
    run_config: Mapping[str, Any] = {}

    def context(self, task: Task) -> Context:
        """The client's context, with the state it left behind last time."""
        return Context(
            run_id=RUN_ID,
            node_id=task.node,
            node_config={
                "partition-id": partition_of(task.node),
                "num-partitions": self.clients,
            },
            state=pickle.loads(task.state) if task.state else RecordDict(),  # noqa: S301
            run_config=dict(self.run_config),
        )


class BadReply(EngineError):
    """A client app answered something that cannot be a reply."""

    code = "bad-reply"


class Runner:
    """One worker's way of running clients, one after another."""

    def __init__(self, app: ClientApp, federation: Federation) -> None:
        prepare()
        self.app, self.federation = app, federation
        self.meter = Meter()
        self.folds = Folds()
        self.fold: str | None = None

    def begin(self, fold: str | None) -> None:
        """A new round: nothing is folded yet."""
        self.folds, self.fold = Folds(), fold

    def run(self, task: Task, content: RecordDict) -> Outcome:
        """Run the client; whatever its app does wrong becomes a failure of this client alone."""
        self.meter.begin()
        context = self.federation.context(task)
        try:
            reply = self._reply(delivered(fresh(content), task.metadata), context)
            state = pickle.dumps(context.state, 5) if context.state else None
            arrays = {k: r for k, r in reply.items() if isinstance(r, ArrayRecord)}
            metrics = [r for r in reply.values() if isinstance(r, MetricRecord)]
            _hold_to_finite(arrays.values())
            sent = sum(map(count_bytes, arrays.values()))
            folded = self._folded(arrays, metrics)
        except Exception as error:
            return Outcome(task.position, None, None, _failure(error), task.state, self.meter.end())
        examples, tokens = (_counted(metrics, key) for key in ("num-examples", "tokens"))
        facts = self.meter.end()._replace(bytes_up=sent, examples=examples, tokens=tokens)
        if folded:
            del reply[folded[0]]
        return Outcome(task.position, reply, folded, None, state, facts)

    def _reply(self, message: Message, context: Context) -> RecordDict:
        reply = self.app(message, context)
        if not isinstance(reply, Message):
            raise BadReply(f"the client app returned a {type(reply).__name__}, not a Message")
        if reply.has_error():
            raise BadReply(reply.error.reason or "the client app answered with an error")
        return reply.content

    def _folded(
        self, arrays: Mapping[str, ArrayRecord], metrics: Sequence[MetricRecord]
    ) -> tuple[str, Signature] | None:
        """Fold the arrays where a weighted mean is all that is wanted of them."""
        if self.fold is None or len(arrays) != 1 or len(metrics) != 1:
            return None
        weight = metrics[0].get(self.fold)
        if not isinstance(weight, int | float):
            return None
        key, record = next(iter(arrays.items()))
        return key, self.folds.add(record, weight)


def _hold_to_finite(records: Iterable[ArrayRecord]) -> None:
    """A client that diverged says so itself; its numbers must not reach the others' mean."""
    with np.errstate(over="ignore", invalid="ignore"):
        for record in records:
            for name, array in record.items():
                if not _finite(values_of(array)):
                    raise BadReply(f"the client's array {name!r} holds numbers that are not finite")


def _finite(values: NDArray[Any]) -> bool:
    """The sum of squares is one fast pass; only where it overflows are all numbers looked at."""
    if values.dtype.kind not in "fc":
        return True
    flat = values.reshape(-1)
    return math.isfinite(abs(np.vdot(flat, flat))) or bool(np.isfinite(flat).all())


def _counted(metrics: Iterable[MetricRecord], key: str) -> int | None:
    """What the client counted under this name, where it did."""
    found = [record[key] for record in metrics if key in record]
    return int(found[0]) if found and isinstance(found[0], int | float) else None


def _failure(error: Exception) -> Failure:
    failure = as_engine_error(error)
    if isinstance(failure, Interrupted | OutOfMemory):
        return Failure(CLIENT_FAILED, failure.message, failure)
    log_failure(error)
    return Failure(CLIENT_FAILED, failure.message)
