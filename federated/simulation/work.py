"""What travels between a grid and whoever runs its clients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from flwr.app import RecordDict

from .compat import Metadata
from .fold import Folds, Signature
from .placement import Plan
from .wire import Parcel


class Task(NamedTuple):
    """One message to one client."""

    position: int
    """Place in the cohort: the order in which replies are handed back."""
    node: int
    content: int
    """Which of the round's distinct contents."""
    metadata: Metadata
    state: bytes | None = None
    """The client's pickled `Context.state`, where it has one."""


class Facts(NamedTuple):
    """What running one client took. Times in seconds, memory in bytes."""

    start: float
    """On the machine's monotonic clock."""
    seconds: float
    cpu_seconds: float
    peak_memory: int | None = None
    gpu_memory: int | None = None
    bytes_up: int = 0
    examples: int | None = None
    tokens: int | None = None
    worker: int = 0
    stolen: bool = False
    attempt: int = 1


class Failure(NamedTuple):
    """Why a client has no reply."""

    code: int
    reason: str
    fatal: Exception | None = None
    """Ends the whole run: the machine is out of memory, somebody wants it to stop."""


class Outcome(NamedTuple):
    """How one client's work ended: with a reply or with a failure."""

    position: int
    reply: RecordDict | None
    folded: tuple[str, Signature] | None
    """Under which key and signature the reply's arrays were folded away."""
    failure: Failure | None
    state: bytes | None
    facts: Facts


class Work(NamedTuple):
    """One round's messages, planned."""

    contents: Parcel
    area: int | None
    """Descriptor of the contents' buffers."""
    tasks: Sequence[Task]
    plan: Plan
    fold: str | None
    """The metric that weighs the mean; None keeps every reply."""
    deadline: float | None = None
    """Monotonic time at which nothing more is waited for."""
    client_timeout: float | None = None
    together: bool = False
    """Whether an app that can train several clients at once may do so."""


class Done(NamedTuple):
    """What became of a round: one outcome a task, in order, and what was folded."""

    outcomes: list[Outcome]
    folds: Folds


Finished = Callable[[Sequence[Outcome]], None]
"""Told of clients as they finish; a client that must be run again is told again."""


class Backend(Protocol):
    """Whoever runs clients."""

    @property
    def workers(self) -> Sequence[str]:
        """The device class of each worker."""
        ...

    @property
    def memory(self) -> int:
        """Bytes that its processes held at their fullest, beside this one; 0: not measured."""
        ...

    def resize(self, workers: int) -> None:
        """Run with so many workers from now on."""
        ...

    def run(self, work: Work, finished: Finished) -> Done:
        """Run a round to its end."""
        ...

    def close(self) -> None:
        """End every process; safe to call twice."""
        ...


class Batch(NamedTuple):
    """What one worker is given at a time."""

    contents: Parcel
    own: Sequence[Task]
    shared: Sequence[Task]
    """A number read from the queue says which of these to run next."""
    fold: str | None
    together: bool = False
    attempt: int = 1


def partition_of(node: int) -> int:
    """Nodes are numbered from 1, partitions from 0."""
    return node - 1
