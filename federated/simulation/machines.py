"""Many machines: one Ray actor a machine, each with worker processes of its own.

The model is put into Ray's object store once a round, and each machine answers with one partial sum
and its clients' small facts: 2 x machines x model bytes a round, however many clients there are.
Start a cluster with `ray start --head` and, on the other machines, `ray start --address=HEAD:6379`;
the same Python packages, code and data have to be on each of them.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import cloudpickle
import numpy as np
from flwr.clientapp import ClientApp

from ..errors import EngineError
from . import wire
from .devices import cores, device
from .fold import Folds
from .placement import Plan
from .processes import Processes
from .runner import Federation
from .settings import Settings
from .work import Done, Finished, Outcome, Task, Work

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # an engine talks to nobody
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

PASSED_ON = ("HUB_MIRROR", "STATE_DIR", "HF_HOME", "TOKENIZERS_PARALLELISM", "OMP_WAIT_POLICY")
"""What an actor's environment takes over from here, as far as it is set."""

Shipped = tuple[wire.Parcel, Any]
"""A parcel and its buffers as one array of bytes, which Ray shares without a copy."""


class Share(NamedTuple):
    """A machine's part of a round."""

    tasks: Sequence[Task]
    plan: Plan
    fold: str | None
    seconds: float | None
    client_timeout: float | None
    together: bool


class Report(NamedTuple):
    """What a machine answers."""

    done: Shipped
    begun: float
    """When it began, on its own clock."""
    memory: int


class Machine:
    """Runs on one machine of the cluster: its share of each round, on its own processes."""

    def __init__(
        self, app: bytes, federation: tuple[Any, ...], paths: Sequence[str], settings: Settings
    ) -> None:
        sys.path[:0] = [path for path in paths if path not in sys.path]
        self.processes = Processes(
            pickle.loads(app),  # noqa: S301 - our own driver's
            Federation(*federation),
            settings.workers or max(1, cores() // settings.threads),
            settings.threads,
            "spawn",  # Ray's process has many threads: its children cannot be forked
            device(),
        )

    def about(self) -> tuple[str, ...]:
        """The device class of each worker."""
        return tuple(self.processes.workers)

    def run(self, contents: Shipped, share: Share) -> Report:
        """Run the machine's clients to the end."""
        parcel, area = contents
        descriptor = None if area is None else _in_memory(area)
        begun = time.monotonic()
        deadline = None if share.seconds is None else begun + share.seconds
        work = Work(
            parcel,
            descriptor,
            share.tasks,
            share.plan,
            share.fold,
            deadline,
            share.client_timeout,
            share.together,
        )
        try:
            done = self.processes.run(work, lambda outcomes: None)
        finally:
            if descriptor is not None:
                os.close(descriptor)
        return Report(_shipped(*wire.pack(done)), begun, self.processes.memory)

    def close(self) -> None:
        """End the processes."""
        self.processes.close()


class Machines:
    """A `Backend` over a Ray cluster, or over a few actors of one machine.

    Progress is told machine by machine. A machine that goes away takes its clients' results of the
    round with it; they are shared out again among the others.
    """

    def __init__(self, app: ClientApp, federation: Federation, settings: Settings) -> None:
        try:
            pickled = cloudpickle.dumps(app)
        except Exception as error:
            raise EngineError(
                f"the client app cannot be sent to other machines: {error}",
                "Keep what cannot be pickled at the top of a module.",
            ) from error
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(address=os.environ.get("RAY_ADDRESS"), configure_logging=False)
        actors = list(_actors(settings.machines))
        self._machines = {
            number: actor.remote(pickled, tuple(federation), list(sys.path), settings)
            for number, actor in enumerate(actors)
        }
        asked = [machine.about.remote() for machine in self._machines.values()]
        self._crews: dict[int, tuple[str, ...]] = dict(enumerate(ray.get(asked)))
        self._memory: dict[int, int] = {}

    @property
    def workers(self) -> Sequence[str]:
        """The device classes of all workers, machine by machine."""
        return [device for crew in self._crews.values() for device in crew]

    @property
    def memory(self) -> int:
        """Bytes that all machines' workers held at their fullest."""
        return sum(self._memory.values())

    def resize(self, workers: int) -> None:
        """A cluster's size is its owner's."""

    def run(self, work: Work, finished: Finished) -> Done:
        """Each machine its share, until every client has its outcome."""
        begun = time.monotonic()
        contents = ray.put(_shipped(work.contents, _copy_of(work.area)))
        done: dict[int, Outcome] = {}
        folds = Folds()
        tasks, plan = list(work.tasks), work.plan
        while tasks:
            for number, report in self._reports(contents, self._shares(work, tasks, plan, begun)):
                part: Done = _opened(report.done)
                folds.merge(part.folds)
                shift = begun - report.begun
                outcomes = [self._here(outcome, number, shift) for outcome in part.outcomes]
                done.update((outcome.position, outcome) for outcome in outcomes)
                self._memory[number] = report.memory
                finished(outcomes)
            tasks = [task for task in tasks if task.position not in done]
            plan = _dealt(len(tasks), len(self.workers))
        return Done([done[task.position] for task in work.tasks], folds)

    def close(self) -> None:
        """End the actors, and the cluster if it was started here."""
        if not ray.is_initialized():
            return
        for machine in self._machines.values():
            ray.kill(machine)
        self._machines = {}
        if self._started:
            ray.shutdown()

    def _shares(
        self, work: Work, tasks: Sequence[Task], plan: Plan, begun: float
    ) -> Mapping[int, Share]:
        """The plan, cut between machines; what any worker may take, any of its machine may."""
        seconds = None if work.deadline is None else max(0.0, work.deadline - time.monotonic())
        ends = list(accumulate(len(crew) for crew in self._crews.values()))
        shares = {}
        for number, first, end in zip(self._crews, [0, *ends], ends, strict=False):
            own = plan.own[first:end]
            shared = [at for slot, at in enumerate(plan.shared) if first <= slot % ends[-1] < end]
            mine = [at for part in (*own, shared) for at in part]
            place = {at: position for position, at in enumerate(mine)}
            local = Plan(
                tuple(tuple(place[at] for at in part) for part in own),
                tuple(place[at] for at in shared),
                None,
            )
            if mine:
                shares[number] = Share(
                    [tasks[at] for at in mine],
                    local,
                    work.fold,
                    seconds,
                    work.client_timeout,
                    work.together,
                )
        return shares

    def _reports(self, contents: Any, shares: Mapping[int, Share]) -> Iterator[tuple[int, Report]]:
        """The machines' answers as they come; a machine that is gone is forgotten."""
        waiting = {
            self._machines[number].run.remote(contents, share): number
            for number, share in shares.items()
        }
        while waiting:
            (ready,), _ = ray.wait(list(waiting), num_returns=1)
            number = waiting.pop(ready)
            try:
                yield number, ray.get(ready)
            except ray.exceptions.RayActorError as error:
                del self._machines[number], self._crews[number]
                if not self._machines:
                    raise EngineError("Every machine of the Ray cluster went away.") from error

    def _here(self, outcome: Outcome, machine: int, shift: float) -> Outcome:
        """An outcome with this process's clock and numbers of workers."""
        before = sum(len(crew) for number, crew in self._crews.items() if number < machine)
        facts = outcome.facts
        there = facts._replace(start=facts.start + shift, worker=facts.worker + before)
        return outcome._replace(facts=there)


def _actors(machines: int) -> Iterator[Any]:
    """An actor class for each machine, bound to it; `machines` of them anywhere when asked."""
    path = os.pathsep.join(filter(None, sys.path))
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    options = {"num_cpus": 0, "runtime_env": {"env_vars": {"PYTHONPATH": path, **passed}}}
    actor = ray.remote(Machine).options(**options)
    if machines:
        yield from (actor for _ in range(machines))
        return
    for node in ray.nodes():
        if node["Alive"]:
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            yield ray.remote(Machine).options(scheduling_strategy=there, **options)


def _dealt(tasks: int, workers: int) -> Plan:
    """Clients that have to be run again, one after another to each worker."""
    return Plan(tuple(tuple(range(w, tasks, workers)) for w in range(workers)), (), None)


def _shipped(parcel: wire.Parcel, descriptor: int | None) -> Shipped:
    """Read a memory file, close it, and carry its bytes."""
    if descriptor is None:
        return parcel, None
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        return parcel, np.frombuffer(file.read(), np.uint8)


def _copy_of(descriptor: int | None) -> int | None:
    return None if descriptor is None else os.dup(descriptor)


def _in_memory(area: Any) -> int:
    descriptor = wire.memory_file()
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(memoryview(area))
    return descriptor


def _opened(shipped: Shipped) -> Any:
    parcel, area = shipped
    return wire.restore(parcel, memoryview(parcel.inline or b"" if area is None else area))
