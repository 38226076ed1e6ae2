"""The Flower `Grid` of a simulation: plans a cohort, has it run, hands the replies back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from flwr.app import Error, Message, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from ..errors import EngineError
from . import wire
from .compat import FoldedRecord, Run, count_bytes, prepare, stamp, weight_key
from .fold import Signature
from .placement import Costs, Plan, place
from .profiles import Profiles, RoundHead
from .settings import Settings
from .sizing import Sizing
from .states import States
from .timing import Observation, TimeModel
from .work import Backend, Done, Failure, Outcome, Task, Work, partition_of

ODD_ARRAYS = 4
"""Error code of a reply whose arrays do not fit the others'."""


class Seen(NamedTuple):
    """How far a round is."""

    round: int
    kind: str
    done: int
    of: int
    failed: int


Watch = Callable[[Seen], None]
SizeOf = Callable[[int], float | None]
"""The work of a partition, in any unit, where it is known before it has run."""


def unknown_size(partition: int) -> float | None:
    """Nothing is known."""
    return None


class SimulationGrid(Grid):
    """Nodes are numbered 1..clients and hold partition node - 1; nothing is stored for them.

    An exception in a client becomes an error reply, as on a real federation. What ends the whole
    run is only the machine: out of memory, or told to stop. A strategy that starts on this grid
    makes itself known to it, so that its aggregation decides whether replies are folded.
    """

    def __init__(
        self,
        backend: Backend,
        clients: int,
        settings: Settings = Settings(),  # noqa: B008 - immutable
        *,
        members: Sequence[int] | None = None,
        size_of: SizeOf = unknown_size,
        profiles: Profiles | None = None,
        watch: Watch | None = None,
        sizing: Sizing | None = None,
    ) -> None:
        prepare()
        self.strategy: Strategy | None = None
        self.backend, self.settings, self._sizing = backend, settings, sizing
        self.profiles = profiles or Profiles()
        self._nodes = [p + 1 for p in (range(clients) if members is None else members)]
        self._size_of, self._watch = size_of, watch
        self._times = TimeModel(settings.time_model)
        self._sizes: dict[int, float] = {}
        """Examples that a client once said it has, where nobody said so before."""
        self._states = States()
        self._replies: dict[str, Message] = {}
        self._rounds, self._sent = 0, 0

    # --- Flower's Grid ---------------------------------------------------------

    def get_node_ids(self) -> Iterable[int]:
        return self._nodes

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        return Message(content, dst_node_id, message_type, group_id=group_id, ttl=ttl)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """One reply a message, in the messages' order; after `timeout` seconds error replies."""
        messages = list(messages)
        return self._round(messages, timeout) if messages else []

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Runs the clients at once: there is nobody who could answer later."""
        messages = list(messages)
        for message, reply in zip(messages, self.send_and_receive(messages), strict=True):
            self._replies[message.metadata.message_id] = reply
        return [message.metadata.message_id for message in messages]

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        return [self._replies.pop(id) for id in message_ids if id in self._replies]

    def set_run(self, run: Run) -> None:
        raise RuntimeError("a simulation grid runs one app only")

    @property
    def run(self) -> Run:
        raise RuntimeError("a simulation grid is not part of a SuperLink run")

    # --- a round ----------------------------------------------------------------

    def _round(self, messages: Sequence[Message], timeout: float | None) -> list[Message]:
        # 1. Each distinct content once, each message as a task.
        head = self._head(messages[0])
        contents, tasks = self._tasks(messages)
        # 2. Who runs what.
        sizes = [self._size(task.node) for task in tasks]
        costs = self._costs(tasks, sizes, head)
        plan = self._plan(sizes, costs, steal=not self._together(head.kind))
        # 3. Run it.
        fold = self._fold(head.kind)
        parcel, area = wire.pack(contents)
        deadline = head.begun + timeout if timeout else None
        limit, together = self.settings.client_timeout, self._together(head.kind)
        work = Work(parcel, area, tasks, plan, fold, deadline, limit, together)
        try:
            done = self.backend.run(work, self._finished(head, len(tasks)))
        finally:
            if area is not None:
                os.close(area)
        # 4. Learn from it.
        done = self._hold_together(done, contents[0])
        self._remember(head, tasks, sizes, done.outcomes)
        down = [sum(count_bytes(r) for r in c.array_records.values()) for c in contents]
        expected = [None] * len(tasks) if costs is None else np.mean(costs, axis=0).tolist()
        known = [(s, e, down[t.content]) for s, e, t in zip(sizes, expected, tasks, strict=True)]
        seconds = time.monotonic() - head.begun
        self.profiles.record(head, plan, tasks, done.outcomes, known, seconds)
        self._resize(head, done.outcomes, costs)
        # 5. Answer.
        return replies(messages, done)

    def _head(self, first: Message) -> RoundHead:
        kind = first.metadata.message_type.split(".")[0]
        self._rounds += kind == "train"
        said = [config.get("server-round") for config in first.content.config_records.values()]
        numbers = [number for number in said if isinstance(number, int)]
        number = numbers[0] if numbers else self._rounds
        policy, workers = self.settings.policy, self.backend.workers
        return RoundHead(number, kind, policy, time.time(), time.monotonic(), workers)

    def _tasks(self, messages: Sequence[Message]) -> tuple[list[RecordDict], list[Task]]:
        contents: dict[int, tuple[int, RecordDict]] = {}
        tasks = []
        for index, message in enumerate(messages):
            self._sent += 1
            metadata = stamp(message, str(self._sent))
            number, _ = contents.setdefault(id(message.content), (len(contents), message.content))
            state = self._states.get(metadata.dst_node_id)
            tasks.append(Task(index, metadata.dst_node_id, number, metadata, state))
        return [content for _, content in contents.values()], tasks

    def _size(self, node: int) -> float | None:
        size = self._size_of(partition_of(node))
        return self._sizes.get(node) if size is None else size

    def _costs(
        self, tasks: Sequence[Task], sizes: Sequence[float | None], head: RoundHead
    ) -> Costs | None:
        """Predicted seconds of each client on each class of worker, once there are any."""
        costs = [
            [
                self._times.predict(device, head.kind, partition_of(task.node), size)
                for task, size in zip(tasks, sizes, strict=True)
            ]
            for device in _classes(head.workers)
        ]
        if any(cost is None for row in costs for cost in row):
            return None
        return [[float(cost or 0.0) for cost in row] for row in costs]

    def _plan(self, sizes: Sequence[float | None], costs: Costs | None, steal: bool) -> Plan:
        given = [size for size in sizes if size is not None]
        usual = sum(given) / len(given) if given else 1.0
        filled = [usual if size is None else size for size in sizes]
        classes = _classes(self.backend.workers)
        workers = [classes.index(device) for device in self.backend.workers]
        return place(self.settings.policy, filled, costs, workers, self.settings.steal * steal)

    def _together(self, kind: str) -> bool:
        """Whether clients may be trained at once: then nobody's time is measured on its own."""
        return kind == "train" and self.settings.lanes > 1 and not self.settings.client_timeout

    def _fold(self, kind: str) -> str | None:
        if kind != "train" or self.settings.reduce == "keep":
            return None
        key = weight_key(self.strategy)
        if self.settings.reduce == "fold" and key is None:
            name = type(self.strategy).__name__ if self.strategy else "an unknown strategy"
            raise EngineError(
                f"reduce='fold' was asked, but {name} is not known to take only the weighted mean "
                "of its clients.",
                "reduce='auto' folds where it can and keeps every reply elsewhere.",
            )
        return key

    def _finished(self, head: RoundHead, of: int) -> Callable[[Sequence[Outcome]], None]:
        done: dict[int, bool] = {}

        def finished(outcomes: Sequence[Outcome]) -> None:
            done.update((outcome.position, outcome.failure is not None) for outcome in outcomes)
            if self._watch:
                self._watch(Seen(head.round, head.kind, len(done), of, sum(done.values())))

        return finished

    def _hold_together(self, done: Done, sent: RecordDict) -> Done:
        """Fail clients whose arrays cannot be averaged with the others'."""
        chosen = done.folds.chosen(next(iter(sent.array_records.values()), None))
        if len(done.folds.by_signature) < 2 or chosen is None:
            return done
        return done._replace(outcomes=[_held(outcome, chosen) for outcome in done.outcomes])

    def _remember(
        self,
        head: RoundHead,
        tasks: Sequence[Task],
        sizes: Sequence[float | None],
        outcomes: Sequence[Outcome],
    ) -> None:
        """States, sizes and times of the clients that finished."""
        seen = []
        for task, size, outcome in zip(tasks, sizes, outcomes, strict=True):
            self._states.put(task.node, outcome.state)
            if outcome.failure:
                continue
            facts = outcome.facts
            if size is None and facts.examples is not None:
                size = self._sizes[task.node] = float(facts.examples)
            device, partition = head.workers[facts.worker], partition_of(task.node)
            seen.append(Observation(device, head.kind, partition, size, facts.seconds))
        self._times.observe_round(seen)

    def _resize(self, head: RoundHead, outcomes: Sequence[Outcome], costs: Costs | None) -> None:
        """More or fewer workers, by what was measured; only where nobody set their number."""
        if self._sizing is None or head.kind != "train" or costs is None:
            return
        ends = [outcome.facts.start + outcome.facts.seconds for outcome in outcomes]
        work, seconds = float(np.sum(costs[0])), max(ends) - head.begun
        self._sizing.after(self.backend, len(outcomes), work, seconds)


def _classes(workers: Sequence[str]) -> list[str]:
    return sorted(set(workers))


def _held(outcome: Outcome, chosen: Signature) -> Outcome:
    if outcome.folded is None or outcome.folded[1] == chosen:
        return outcome
    found, wanted = outcome.folded[1], chosen
    reason = f"arrays named {found.names}, wanted {wanted.names}"
    for name, shape, other in zip(wanted.names, found.shapes, wanted.shapes, strict=False):
        if found.names == wanted.names and shape != other:
            reason = f"array {name!r} has shape {shape}, wanted {other}"
            break
    failure = Failure(ODD_ARRAYS, f"the client's arrays do not fit the others': {reason}")
    return outcome._replace(reply=None, folded=None, failure=failure)


def replies(messages: Sequence[Message], done: Done) -> list[Message]:
    """Flower's replies to these messages; a folded one has the round's shared record."""
    records: Mapping[Signature, FoldedRecord] = {
        signature: sums.record() for signature, sums in done.folds.by_signature.items()
    }
    found = []
    for message, outcome in zip(messages, done.outcomes, strict=True):
        if outcome.failure or outcome.reply is None:
            failure = outcome.failure or Failure(ODD_ARRAYS, "no reply came")
            found.append(Message(Error(failure.code, failure.reason), reply_to=message))
            continue
        content = outcome.reply
        if outcome.folded:
            key, signature = outcome.folded
            content[key] = records[signature]
        found.append(Message(content, reply_to=message))
    return found
