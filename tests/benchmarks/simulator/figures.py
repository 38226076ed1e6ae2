"""From repetitions to figures: medians, ratios within a repetition, makespans, targets."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .measure import Entrant, Result
from .protocol import FOLD, KEEP, PFL, PLACEMENT, REBUILT, STOCK, Race
from .sweep import NUMBERS, Sweep
from .tasks import QUICK, WORKERS

WARM_UP = 3
"""Rounds after which placement is judged."""

Read = Callable[[Result], float]
PAIRS = {
    "stock_over_ours": (STOCK, FOLD),
    "pfl_over_ours": (PFL, FOLD),
    "stock_over_ours_per_message": (REBUILT[1], REBUILT[0]),
}
SPANS: dict[str, Read] = {
    "": lambda result: result.round,
    "_whole": lambda result: result.whole,
    "_cpu": lambda result: result.cpu,
}
"""A steady round, the whole run by the clock, the whole run in CPU seconds."""


class Line(NamedTuple):
    """One row of a task's table: medians; `low` and `high` bound the steady rounds."""

    start_up: float
    first: float
    steady: float
    low: float
    high: float
    whole: float
    cpu: float
    memory: float
    efficiency: float


def line(race: Race, entrant: Entrant) -> Line | None:
    """None where the entrant has no result."""
    found = race.of(entrant)
    if not found:
        return None
    rounds = [second for result, _ in found for second in result.steady]

    def median(read: Read) -> float:
        return statistics.median(read(result) for result, _ in found)

    return Line(
        median(lambda each: each.start_up),
        median(lambda each: each.first),
        statistics.median(rounds),
        min(rounds),
        max(rounds),
        median(lambda each: each.whole),
        median(lambda each: each.cpu),
        median(lambda each: each.memory),
        statistics.median(repetition.floor / result.round for result, repetition in found),
    )


def ratio(race: Race, other: Entrant, ours: Entrant, read: Read) -> float | None:
    """How many times as long the other takes, median over the repetitions that have both."""
    theirs = {id(repetition): read(result) for result, repetition in race.of(other)}
    mine = {id(repetition): read(result) for result, repetition in race.of(ours)}
    both = theirs.keys() & mine.keys()
    return statistics.median(theirs[key] / mine[key] for key in both) if both else None


def rounds(race: Race, entrant: Entrant, after: int) -> list[dict[str, Any]]:
    """The profiles of an entrant's rounds after so many, of all repetitions."""
    events = (event for result, _ in race.of(entrant) for event in result.profiles)
    return [each for each in events if each["event"] == "round" and each["round"] > after]


class Placed(NamedTuple):
    """Makespan over its lower bound after warm-up, and the idle share of the workers."""

    over: float
    worst: float
    idle: float


def placed(race: Race, entrant: Entrant) -> Placed | None:
    found = rounds(race, entrant, WARM_UP)
    if not found:
        return None
    over = [each["makespan"] / each["bound"] for each in found]
    idle = statistics.median(each["idle"] for each in found)
    return Placed(statistics.median(over), max(over), idle)


class Spent(NamedTuple):
    """Seconds of a steady round: a worker's clients, its time without a client, the rest."""

    clients: float
    between: float
    rest: float


def spent(race: Race, entrant: Entrant) -> Spent | None:
    """Where a round of ours goes."""
    found, measured = rounds(race, entrant, 1), line(race, entrant)
    if not found or measured is None:
        return None
    work = statistics.median(sum(each["utilisation"]) * each["seconds"] for each in found)
    makespan = statistics.median(each["makespan"] for each in found)
    clients = work / statistics.median(each["workers"] for each in found)
    return Spent(clients, makespan - clients, measured.steady - makespan)


class Target(NamedTuple):
    """What was promised, what was measured; `reached` None where it was not measured."""

    what: str
    wanted: str
    measured: str
    reached: bool | None


def at_least(what: str, wanted: float, measured: float | None) -> Target:
    if measured is None:
        return Target(what, f"≥ {wanted:.3g}", "–", None)
    return Target(what, f"≥ {wanted:.3g}", f"{measured:.2f}", measured >= wanted)


def at_most(what: str, wanted: float, measured: float | None, unit: str = "") -> Target:
    if measured is None:
        return Target(what, f"≤ {wanted:g}{unit}", "–", None)
    return Target(what, f"≤ {wanted:g}{unit}", f"{measured:.2f}{unit}", measured <= wanted)


def task_targets(race: Race) -> list[Target]:
    """The targets of one task."""
    name, fold = race.task.name, line(race, FOLD)
    efficiency = fold.efficiency if fold else None
    steady, whole = SPANS[""], SPANS["_whole"]
    large = client_ms(race) >= 20
    found = []
    if name == "tiny":
        told = "tiny, 1,000 clients: stock over ours"
        stock = None if QUICK else ratio(race, STOCK, FOLD, steady)
        found.append(at_least(told, 20, stock))
        found.append(at_least("tiny: efficiency", 0.4, efficiency))
    if name == "cnn":
        found.append(at_least("cnn: stock over ours", 1.4, ratio(race, STOCK, FOLD, steady)))
    if name == "lora":
        told = "lora, base loaded per message: stock over ours, whole run"
        found.append(at_least(told, 3, ratio(race, REBUILT[1], REBUILT[0], whole)))
        told = "lora, stock loading per message over ours with a resident base, whole run"
        found.append(at_least(told, 3, ratio(race, REBUILT[1], FOLD, whole)))
    if large:
        found.append(at_least(f"{name}: efficiency, clients of 20 ms or more", 0.95, efficiency))
        found.append(at_least(f"{name}: pfl over ours", 1 / 1.1, ratio(race, PFL, FOLD, steady)))
    if race.task.spread:
        over = placed(race, FOLD)
        told = f"{name}: makespan over its bound, learned"
        found.append(at_most(told, 1.1, over.over if over else None))
    return found


def sweep_targets(sweep: Sweep) -> list[Target]:
    mega, kilo = sweep.at(NUMBERS[-1]), sweep.at(NUMBERS[0])
    extra = (mega.memory - kilo.memory) / 1e6
    slope = f"{1e9 * sweep.low:.2f} to {1e9 * sweep.high:.2f} ms a million"
    return [
        Target("slope of a round in simulated clients", "0 in its interval", slope, sweep.flat),
        at_most("set-up of 10^6 clients", 1, mega.set_up, " s"),
        at_most("memory of 10^6 clients over that of 10^3", 100, extra, " MB"),
    ]


def client_ms(race: Race) -> float:
    """Milliseconds of one core that a client takes in the bare loop."""
    floor = statistics.median(each.floor for each in race.kept)
    return 1000 * floor * WORKERS / race.task.cohort_size


def summary(races: Sequence[Race], sweep: Sweep | None) -> dict[str, Any]:
    """The ratios, for the last line printed."""
    told: dict[str, Any] = {"benchmark": "simulator", "quick": QUICK}
    told["noisy"] = any(race.noisy for race in races)
    told |= {race.task.name: ratios(race) for race in races}
    if sweep:
        mega = sweep.at(NUMBERS[-1])
        told["growth"] = {"ms_per_million": [round(1e9 * x, 3) for x in sweep[2:]]}
        told["growth"] |= {"flat": sweep.flat, "set_up_s": round(mega.set_up, 3)}
        told["growth"]["set_up_mib"] = round(mega.memory / 2**20, 1)
    return told


def ratios(race: Race) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (other, ours) in PAIRS.items():
        for span, read in SPANS.items():
            times = ratio(race, other, ours, read)
            found |= {} if times is None else {name + span: round(times, 3)}
    for name, entrant in (("fold", FOLD), ("keep", KEEP), ("stock", STOCK), ("pfl", PFL)):
        measured = line(race, entrant)
        found |= {f"efficiency_{name}": round(measured.efficiency, 3)} if measured else {}
    if race.task.spread:
        places = ((each, placed(race, each)) for each in (FOLD, *PLACEMENT))
        over = {each.name: round(found.over, 3) for each, found in places if found}
        found["makespan_over_bound"] = over
    return found
