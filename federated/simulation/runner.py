"""Runs one client of a Flower app: its message, its context, its reply, what it took."""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from ..errors import EngineError, Interrupted, LanesRefused, OutOfMemory
from ..program import as_engine_error, log_failure
from .compat import RUN_ID, SType, count_bytes, delivered, fresh, prepare, values_of
from .fold import Folds, Signature
from .measuring import Meter
from .work import Facts, Failure, Outcome, Task, partition_of

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
            # What this very app left behind: whoever could forge it runs here already.
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
        message, context = self._asked(task, content)
        try:
            reply: Any = self.app(message, context)
        except Exception as error:
            reply = error
        return self._answered(task, reply, context)

    def run_all(
        self, tasks: Sequence[Task], contents: Sequence[RecordDict], together: bool
    ) -> Iterator[Outcome]:
        """Run clients one after another, or at once where that is wanted and the app can.

        An app that can has `train_many(messages, contexts)`, which answers a reply or an exception
        for each message, in order; each client then has an equal share of the time.
        """
        if together and len(tasks) > 1 and "train_many" in vars(self.app):
            yield from self._run_together(tasks, contents)
        else:
            yield from (self.run(task, contents[task.content]) for task in tasks)

    def _run_together(
        self, tasks: Sequence[Task], contents: Sequence[RecordDict]
    ) -> Iterator[Outcome]:
        self.meter.begin()
        asked = [self._asked(task, contents[task.content]) for task in tasks]
        try:
            replies = self._together(*zip(*asked, strict=True))
        except LanesRefused as refusal:
            print(f"One client after another: {refusal.message}", file=sys.stderr, flush=True)
            yield from self.run_all(tasks, contents, together=False)
            return
        except Exception as error:
            replies = [error] * len(tasks)
        whole = self.meter.end()
        share, cpu = whole.seconds / len(tasks), whole.cpu_seconds / len(tasks)
        for turn, (task, reply, (_, context)) in enumerate(zip(tasks, replies, asked, strict=True)):
            start = whole.start + turn * share
            facts = whole._replace(start=start, seconds=share, cpu_seconds=cpu)
            yield self._answered(task, reply, context, facts)

    def _together(self, messages: Sequence[Message], contexts: Sequence[Context]) -> list[Any]:
        train_many: Callable[..., list[Any]] = vars(self.app)["train_many"]
        return train_many(messages, contexts)

    def _asked(self, task: Task, content: RecordDict) -> tuple[Message, Context]:
        return delivered(fresh(content), task.metadata), self.federation.context(task)

    def _answered(
        self, task: Task, reply: Message | Exception, context: Context, facts: Facts | None = None
    ) -> Outcome:
        """The outcome of a reply: checked, folded where that is wanted, measured."""
        try:
            content = _content(reply)
            state = pickle.dumps(context.state, 5) if context.state else None
            arrays = {k: r for k, r in content.items() if isinstance(r, ArrayRecord)}
            metrics = [r for r in content.values() if isinstance(r, MetricRecord)]
            _hold_to_finite(arrays.values())
            sent = sum(map(count_bytes, arrays.values()))
            folded = self._folded(arrays, metrics)
        except Exception as error:
            spent = facts or self.meter.end()
            return Outcome(task.position, None, None, _failure(error), task.state, spent)
        examples, tokens = (_counted(metrics, key) for key in ("num-examples", "tokens"))
        facts = facts or self.meter.end()
        facts = facts._replace(bytes_up=sent, examples=examples, tokens=tokens)
        if folded:
            del content[folded[0]]
        return Outcome(task.position, content, folded, None, state, facts)

    def _folded(
        self, arrays: Mapping[str, ArrayRecord], metrics: Sequence[MetricRecord]
    ) -> tuple[str, Signature] | None:
        """Fold the arrays where a weighted mean is all that is wanted of them."""
        if self.fold is None or len(arrays) != 1 or len(metrics) != 1:
            return None
        weight = metrics[0].get(self.fold)
        if not isinstance(weight, int | float):
            return None
        if not math.isfinite(weight):
            raise BadReply(
                f"the client's weight {self.fold!r} is {weight}, a finite one was wanted"
            )
        key, record = next(iter(arrays.items()))
        return key, self.folds.add(record, weight)


def _content(reply: Message | Exception) -> RecordDict:
    """What a client answered, if it is an answer."""
    if isinstance(reply, Exception):
        raise reply
    if not isinstance(reply, Message):
        raise BadReply(f"the client app returned a {type(reply).__name__}, not a Message")
    if reply.has_error():
        raise BadReply(reply.error.reason or "the client app answered with an error")
    return reply.content


def _hold_to_finite(records: Iterable[ArrayRecord]) -> None:
    """A client that diverged says so itself; its numbers must not reach the others' mean."""
    with np.errstate(over="ignore", invalid="ignore"):
        for record in records:
            for name, array in record.items():
                if array.stype == SType.NUMPY and not _finite(values_of(array)):
                    raise BadReply(f"the client's array {name!r} holds numbers that are not finite")


def _finite(values: NDArray[Any]) -> bool:
    """The sum of squares is one fast pass; only where it overflows are all numbers looked at."""
    if values.dtype.kind not in "fc":
        return True
    flat = values.reshape(-1)
    return math.isfinite(abs(np.vdot(flat, flat))) or bool(np.isfinite(flat).all())


def _counted(metrics: Iterable[MetricRecord], key: str) -> int | None:
    """What the client counted under this name, where it did and where that is a number."""
    found = next((record[key] for record in metrics if key in record), None)
    return int(found) if isinstance(found, int | float) and math.isfinite(found) else None


def _failure(error: Exception) -> Failure:
    failure = as_engine_error(error)
    if isinstance(failure, Interrupted | OutOfMemory):
        return Failure(CLIENT_FAILED, failure.message, failure)
    log_failure(error)
    return Failure(CLIENT_FAILED, failure.message)
