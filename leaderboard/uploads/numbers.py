"""Numbers without outputs: accepted as reported, with everything said that speaks against them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from evaluators.suites import SUITES, Suite
from federated.naming import unknown
from federated.reading import Problem
from leaderboard.statistics import plausibility
from leaderboard.statistics.plausibility import Printed

from .contract import Declared, Found

AVERAGE = "average"
"""The one key beside the tasks: the mean as the source prints it."""


def look_numbers(declared: Declared) -> Found:
    """What a declaration's scores are; verdicts of the checks are its warnings."""
    suite = SUITES.get(declared.domain)
    if suite is None:
        return _found(None, declared, (_no_domain(declared.domain),), ())
    columns = _columns(suite, declared)
    problems = tuple(_problems(suite, declared))
    warnings = tuple(_warnings(suite, declared, columns)) if columns else ()
    return _found(suite, declared, problems, warnings)


def _found(
    suite: Suite | None,
    declared: Declared,
    problems: tuple[Problem, ...],
    warnings: tuple[Problem, ...],
) -> Found:
    return Found(
        kind="numbers",
        format="numbers",
        title="reported numbers",
        domain=suite.key if suite else None,
        base_model=declared.base_model or None,
        facts={"tasks": sum(key != AVERAGE for key in declared.scores)},
        problems=problems,
        warnings=warnings,
    )


def _no_domain(key: str) -> Problem:
    if not key:
        return Problem("domain", None, "missing", f"one of {', '.join(SUITES)}")
    return Problem("domain", None, unknown("domain", key, SUITES))


def _problems(suite: Suite, declared: Declared) -> Iterator[Problem]:
    known = [task.key for task in suite.tasks]
    wanted = f"a percentage for each of {', '.join(known)}"
    if not any(key in known for key in declared.scores):
        yield Problem("scores", None, "no score of a task was found", wanted)
    for key in declared.scores:
        if key not in (*known, AVERAGE):
            yield Problem(f"scores.{key}", None, unknown("task", key, known), wanted)


def _columns(suite: Suite, declared: Declared) -> tuple[Printed, ...]:
    return tuple(
        Printed(task.key, task.title, task.n, as_printed(declared.scores[task.key]))
        for task in suite.tasks
        if task.key in declared.scores
    )


def as_printed(value: float) -> Decimal:
    """The shortest decimal that reads back as this number: what was typed."""
    return Decimal(repr(float(value)))


def _warnings(suite: Suite, declared: Declared, columns: tuple[Printed, ...]) -> Iterator[Problem]:
    yield from _missing(suite, columns)
    yield from map(_impossible, plausibility.impossible(columns))
    yield from _pairs(columns)
    yield from _decimals(columns)
    yield from _average(suite, declared, columns)
    yield from _cost(declared)


def _missing(suite: Suite, columns: tuple[Printed, ...]) -> Iterator[Problem]:
    there = {column.key for column in columns}
    missing = [task.title for task in suite.tasks if task.key not in there]
    if missing:
        message = f"{len(columns)} of {len(suite.tasks)} tasks are given; {_list(missing)} missing"
        yield Problem("scores", None, message, "no average is computed from a part of the tasks")


def _impossible(column: Printed) -> Problem:
    n = column.n or 0
    below, above = plausibility.neighbours(column.percent, n)
    message = (
        f"{column.title} {_percent(column.percent)} is no share of {n:,} questions: "
        f"{below:,} right are {_share(below, n)}, {above:,} right are {_share(above, n)}"
    )
    hint = f"{n:,} questions can print {plausibility.possible_share(n):.1%} of such values"
    return Problem(f"scores.{column.key}", None, message, hint)


def _pairs(columns: tuple[Printed, ...]) -> Iterator[Problem]:
    for first, second in plausibility.equal(columns):
        message = f"{first.title} and {second.title} are the same, {_percent(first.percent)}"
        hint = "two tasks seldom agree in every digit; a value may have been copied"
        yield Problem(f"scores.{second.key}", None, message, hint)
    if plausibility.few_decimals(columns):
        return  # a rounded value explains more simply what an exchange would repair
    for first, second in plausibility.exchanged(columns):
        message = f"with {first.title} and {second.title} exchanged every value would be possible"
        yield Problem("scores", None, message, "two columns may have been swapped")


def _decimals(columns: tuple[Printed, ...]) -> Iterator[Problem]:
    if few := plausibility.few_decimals(columns):
        message = f"{_list([column.title for column in few])} have one decimal at most"
        yield Problem(
            "scores",
            None,
            message,
            "rounding to one decimal would explain shares that are not possible",
        )


def _average(suite: Suite, declared: Declared, columns: tuple[Printed, ...]) -> Iterator[Problem]:
    if AVERAGE not in declared.scores or len(columns) < len(suite.tasks):
        return
    average = as_printed(declared.scores[AVERAGE])
    if not plausibility.mean_fits(average, columns):
        mean = plausibility.mean_of(columns)
        message = (
            f"the average is given as {_percent(average)}, the mean of the tasks is "
            f"{mean:.4f} %; neither rounding nor truncation leads from one to the other"
        )
        yield Problem(f"scores.{AVERAGE}", None, message, "the average shown is the tasks' mean")


def _cost(declared: Declared) -> Iterator[Problem]:
    parameters, clients = declared.trained_parameters, declared.clients_per_round
    said, rounds = declared.communication_mb, declared.rounds
    if said is None or not (parameters and clients and rounds):
        return
    cost = plausibility.cost(said, parameters, clients, rounds)
    if not cost.fits:
        message = (
            f"{said:,.1f} MB were declared; {rounds:,} rounds x {clients:,} clients x "
            f"{parameters:,} parameters of 4 bytes, both ways, are {cost.closed_form:,.1f} MB"
        )
        yield Problem("communication_mb", None, message, _ratio_hint(cost.ratio))


def _ratio_hint(ratio: float) -> str:
    near_half = abs(ratio * 2 - 1) <= plausibility.COST_TOLERANCE
    if near_half:
        return "half of it: one direction alone, or numbers of 2 bytes"
    return f"{ratio:.3g} times as much"


def _percent(value: Decimal) -> str:
    return f"{value:.2f} %" if value == round(value, 2) else f"{value} %"


def _share(right: int, n: int) -> str:
    return f"{100 * right / n:.3f} %"


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
