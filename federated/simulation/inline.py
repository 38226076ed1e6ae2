"""Clients one after another in this process: for one GPU, for debugging, as the plain reference."""

from __future__ import annotations

from collections.abc import Sequence

from flwr.app import RecordDict
from flwr.clientapp import ClientApp

from . import wire
from .runner import Federation, Runner
from .work import Done, Finished, Work


class Inline:
    """A `Backend` without processes. It cannot end a client that hangs."""

    def __init__(self, app: ClientApp, federation: Federation, device: str = "cpu") -> None:
        self.runner, self.device = Runner(app, federation), device

    @property
    def workers(self) -> Sequence[str]:
        """This process."""
        return [self.device]

    @property
    def memory(self) -> int:
        """There are no processes beside this one."""
        return 0

    def resize(self, workers: int) -> None:
        """There is one."""

    def run(self, work: Work, finished: Finished) -> Done:
        """Run the cohort in the plan's order and answer it in the cohort's."""
        contents: list[RecordDict] = wire.unpack(work.contents, work.area)
        self.runner.begin(work.fold)
        outcomes = {}
        tasks = [work.tasks[at] for at in (*work.plan.own[0], *work.plan.shared)]
        for outcome in self.runner.run_all(tasks, contents, work.together):
            if outcome.failure and outcome.failure.fatal:
                raise outcome.failure.fatal
            outcomes[outcome.position] = outcome
            finished([outcome])
        return Done([outcomes[task.position] for task in work.tasks], self.runner.folds)

    def close(self) -> None:
        """Nothing to end."""
