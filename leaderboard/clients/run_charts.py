"""Where the marks of the charts about clients stand. Pure: numbers in, places out.

Places across are percent, places down are pixels where a chart has a row for each thing it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import NamedTuple

from .. import charts
from ..charts import Axis, Curve, Tick, log_ticks, place, ticks
from .profiles import Round, Turn
from .sums import comparable

MOST_LANES = 32
MOST_BARS = 1000
READ_OUT = 150
"""With more bars than this none can be tabbed to; the table has them all."""
MOST_POINTS = 400


class Bar(NamedTuple):
    """One client's turn."""

    x: float
    width: float
    turn: Turn


class Lane(NamedTuple):
    """One worker, `top` pixels down; its share of the round with a client."""

    worker: int
    top: int
    middle: int
    utilisation: float | None
    bars: tuple[Bar, ...]


class Lanes(NamedTuple):
    """Who worked when."""

    lanes: tuple[Lane, ...]
    height: int
    bar: int
    """Pixels of a bar."""
    ticks: tuple[Tick, ...]
    bound: float | None
    """Where the round could have ended at the earliest."""
    read_out: bool
    """Whether each bar says what it is when it is pointed or tabbed to."""
    left_off: int
    """Bars that are not drawn."""


class Point(NamedTuple):
    """One client's turn: how long was predicted, how long it took."""

    x: float
    y: float
    chosen: bool
    """Whether it is of the round shown."""
    client: int
    round: int
    predicted: float
    seconds: float


class Mark(NamedTuple):
    """One labelled place of both axes."""

    at: float
    from_top: float
    value: float


class Guesses(NamedTuple):
    """Predicted against real, both axes logarithmic and the same."""

    points: tuple[Point, ...]
    ticks: tuple[Mark, ...]
    of: int
    """Turns that could be drawn."""


def lanes(shown: Round) -> Lanes | None:
    """A lane a worker, a bar a client. None where nobody ran."""
    if not shown.turns:
        return None
    end = max(shown.makespan, max(turn.start + turn.seconds for turn in shown.turns))
    workers = sorted({turn.worker for turn in shown.turns} | set(range(len(shown.utilisation))))
    drawn = workers[:MOST_LANES]
    turns = [turn for turn in shown.turns if turn.worker in set(drawn)][:MOST_BARS]
    step = 30 if len(drawn) <= 8 else 20
    across: Axis = (0.0, end)
    return Lanes(
        lanes=tuple(_lane(shown, turns, across, worker, n, step) for n, worker in enumerate(drawn)),
        height=step * len(drawn),
        bar=step - 8,
        ticks=tuple(Tick(place(at, across), at) for at in ticks(0.0, end, most=5)),
        bound=place(shown.bound, across) if shown.bound else None,
        read_out=len(turns) <= READ_OUT,
        left_off=len(shown.turns) - len(turns),
    )


def _lane(
    shown: Round, turns: Sequence[Turn], across: Axis, worker: int, row: int, step: int
) -> Lane:
    known = worker < len(shown.utilisation)
    return Lane(
        worker=worker,
        top=row * step + 4,
        middle=row * step + step // 2,
        utilisation=shown.utilisation[worker] if known else None,
        bars=tuple(_bar(turn, across) for turn in turns if turn.worker == worker),
    )


def _bar(turn: Turn, across: Axis) -> Bar:
    start = place(turn.start, across)
    return Bar(start, round(place(turn.start + turn.seconds, across) - start, 2), turn)


def tightness(rounds: Sequence[Round], kind: str) -> Curve | None:
    """How many times the lower bound each round of a kind took. None below two rounds."""
    known = [
        (float(one.number), one.makespan / one.bound)
        for one in rounds
        if one.kind == kind and one.bound
    ]
    return charts.curve(known[-MOST_POINTS:])


def guesses(rounds: Sequence[Round], shown: Round) -> Guesses | None:
    """Of many turns every n-th, but all of the round shown. None below two."""
    known = [(one, turn) for one in rounds for turn in one.turns if comparable(turn)]
    if len(known) < 2:
        return None
    others = [pair for pair in known if pair[0] is not shown]
    chosen = [pair for pair in known if pair[0] is shown]
    room = max(1, MOST_POINTS - len(chosen))
    drawn = others[:: max(1, -(-len(others) // room))] + chosen[:MOST_POINTS]
    times = [time for _, turn in drawn for time in (turn.seconds, turn.predicted or turn.seconds)]
    across: Axis = (log10(min(times)) - 0.06, log10(max(times)) + 0.06)
    return Guesses(
        points=tuple(_point(one, turn, across, one is shown) for one, turn in drawn),
        ticks=tuple(Mark(at, round(100 - at, 2), v) for at, v in log_ticks(across, 0, 100)),
        of=len(known),
    )


def _point(one: Round, turn: Turn, across: Axis, chosen: bool) -> Point:
    predicted = turn.predicted or turn.seconds
    return Point(
        x=place(log10(predicted), across),
        y=place(log10(turn.seconds), across, 100, 0),
        chosen=chosen,
        client=turn.client,
        round=one.number,
        predicted=predicted,
        seconds=turn.seconds,
    )
