"""Who meets whom, how often and in which order, and when a repetition does not count.

A repetition runs every entrant once, in random order, between two runs of the bare loop. Where
these two differ by more than 10 % the machine was not quiet: the repetition is run again, as often
as `RETRIES` allows; after that the least disturbed are kept, and the report says so. Our engine
with a part left out runs in the first repetition only: it is there to explain, not to compare.
"""

from __future__ import annotations

import os
import random
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from . import tasks
from .measure import Crash, Entrant, Result, measure
from .tasks import QUICK, Task

REPETITIONS = int(os.environ.get("REPETITIONS") or (1 if QUICK else 5))
RETRIES = REPETITIONS // 2
MOVED = 0.1
RELATIVE, ABSOLUTE = 1e-5, 1e-6
"""What the final weights may differ by."""

BARE = Entrant("bare loop", "bare")
FOLD = Entrant("ours, fold", "ours", settings=(("reduce", "fold"),))
KEEP = Entrant("ours, keep", "ours", settings=(("reduce", "keep"),))
STOCK = Entrant("Flower with Ray", "stock")
PFL = Entrant("pfl-research", "pfl")
REBUILT = (
    Entrant("ours, fold, model per message", "ours", "per message", (("reduce", "fold"),)),
    Entrant("Flower with Ray, model per message", "stock", "per message"),
)


def without(name: str, **settings: float | str) -> Entrant:
    """Our engine with a part left out."""
    return Entrant(f"ours, {name}", "ours", settings=(*settings.items(), ("reduce", "fold")))


PLACEMENT = (
    without("round-robin", policy="round-robin"),
    without("by size", policy="by-size"),
    without("no stealing", steal=0.0),
    without("round-robin, no stealing", policy="round-robin", steal=0.0),
    without("by size, no stealing", policy="by-size", steal=0.0),
)
FORM = without("log-linear times", time_model="log-linear")
PARTS = (without("one worker", workers=1), without("on Ray", backend="ray"))


def entrants(task: str) -> list[Entrant]:
    """Who runs a task, besides the bare loop."""
    if QUICK:
        chosen = {
            "tiny": (FOLD, KEEP, STOCK, PFL),
            "cnn": (FOLD, KEEP, STOCK, PFL),
            "lognormal": (FOLD, PFL, *PLACEMENT[3:4]),
            "lora": (FOLD, PFL, *REBUILT),
        }
        return list(chosen[task])
    more = {"cnn": (*REBUILT, *PARTS), "lognormal": (*PLACEMENT, FORM), "lora": REBUILT}
    return [FOLD, KEEP, STOCK, PFL, *more.get(task, ())]


class Repetition(NamedTuple):
    """The bare loop before and after, and the others between; `moved` is a share."""

    moved: float
    bare: tuple[Result, Result]
    others: tuple[Result, ...]
    crashes: tuple[Crash, ...]

    @property
    def floor(self) -> float:
        """A steady round of the bare loop, in seconds."""
        return statistics.mean(each.round for each in self.bare)


class Race(NamedTuple):
    """All that was kept of a task."""

    task: Task
    kept: tuple[Repetition, ...]
    dropped: int

    @property
    def noisy(self) -> bool:
        return any(each.moved > MOVED for each in self.kept)

    def of(self, entrant: Entrant) -> list[tuple[Result, Repetition]]:
        """An entrant's results, each with its repetition."""
        found = []
        for repetition in self.kept:
            everyone = (*repetition.bare, *repetition.others)
            found += [(each, repetition) for each in everyone if each.entrant == entrant]
        return found

    def crash(self, entrant: Entrant) -> Crash | None:
        all = (crash for repetition in self.kept for crash in repetition.crashes)
        return next((crash for crash in all if crash.entrant == entrant), None)


Say = Callable[[str], None]


def race(task: Task, say: Say) -> Race:
    """Repeat until enough repetitions were quiet, or no retry is left."""
    field, all = entrants(task.name), list[Repetition]()
    while len(all) < REPETITIONS + RETRIES and quiet(all) < REPETITIONS:
        say(f"{task.name}: repetition {len(all) + 1}")
        all.append(repeat(task, field, len(all), say))
        left = {crash.entrant for crash in all[-1].crashes} | {*PLACEMENT, FORM, *PARTS}
        field = [each for each in field if each not in left]
    # The first is kept whatever it was like: only it has the ablations.
    best = [all[0], *sorted(all[1:], key=lambda each: each.moved)[: REPETITIONS - 1]]
    crashed = tuple(crash for each in all if each not in best for crash in each.crashes)
    best[0] = best[0]._replace(crashes=best[0].crashes + crashed)
    return Race(task, tuple(best), len(all) - len(best))


def quiet(repetitions: Sequence[Repetition]) -> int:
    return sum(each.moved <= MOVED for each in repetitions)


def repeat(task: Task, field: Sequence[Entrant], number: int, say: Say) -> Repetition:
    """One repetition; checks steps and weights of all against the bare loop."""
    order = list(field)
    random.Random(f"{task.name} {number}").shuffle(order)
    outcomes = [run(each, task, say) for each in (BARE, *order, BARE)]
    before, after = outcomes[0], outcomes[-1]
    if isinstance(before, Crash) or isinstance(after, Crash):
        raise RuntimeError(f"the bare loop failed on {task.name}: {before} {after}")
    checked = [compare(task, each, before) for each in outcomes[1:]]
    results = tuple(each for each in checked[:-1] if isinstance(each, Result))
    crashes = tuple(each for each in checked if isinstance(each, Crash))
    for crash in crashes:
        say(f"  {crash.entrant.name} FAILED: {crash.said}")
    moved = abs(before.round - after.round) / min(before.round, after.round)
    say(f"  the bare loop moved by {moved:.0%}")
    return Repetition(moved, (before, after), results, crashes)


def run(entrant: Entrant, task: Task, say: Say) -> Result | Crash:
    outcome = measure(entrant, task.name)
    if isinstance(outcome, Result):
        say(f"  {entrant.name:36} {outcome.round:8.3f} s a round, {outcome.whole:6.1f} s in all")
    return outcome


def compare(task: Task, outcome: Result | Crash, bare: Result) -> Result | Crash:
    """The outcome without its weights; a crash where steps or weights are not the bare loop's."""
    if isinstance(outcome, Crash):
        return outcome
    try:
        check(task, outcome, bare)
    except AssertionError as error:
        return Crash(outcome.entrant, str(error), differs=True)
    return outcome._replace(weights={})


def check(task: Task, result: Result, bare: Result) -> None:
    """Raise an AssertionError where steps or final weights are not the bare loop's."""
    if result.entrant.system == "pfl":
        assert result.steps == (tasks.steps(task),), "other steps were taken"
    else:
        assert np.allclose(result.steps, bare.steps, rtol=1e-9), "other steps were taken"
    assert result.weights.keys() == bare.weights.keys(), "other parameters were trained"
    for key, wanted in bare.weights.items():
        off = np.abs(result.weights[key] - wanted)
        close = np.all(off <= ABSOLUTE + RELATIVE * np.abs(wanted))
        assert close, f"{key} differs by up to {off.max():.1e}"
