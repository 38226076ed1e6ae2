"""Small pictures a template asks for by name; their geometry is in `charts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from .. import charts
from ..records import BoardRow, RunPage, Trust

register = template.Library()

WHOLE: charts.Axis = (0.0, 100.0)

TRUST_MEANINGS: dict[str, str] = {
    "verified": "Trained and evaluated by our own workers",
    "evaluated": "Trained elsewhere; we evaluated the adapter ourselves",
    "recomputed": "Run elsewhere; we scored the answers ourselves",
    "reported": "Numbers from elsewhere, not checked here",
}


@register.inclusion_tag("parts/interval.html")
def interval(
    value: float | None,
    low: float | None,
    high: float | None,
    axis: charts.Axis = WHOLE,
) -> dict[str, Any]:
    """A value and its interval on a shared axis; nothing when there is no value."""
    if value is None or low is None or high is None:
        return {"bar": None}
    return {
        "bar": charts.interval_bar(value, low, high, axis),
        "value": value,
        "low": low,
        "high": high,
    }


@register.inclusion_tag("parts/axis.html")
def axis(ends: charts.Axis = WHOLE) -> dict[str, Any]:
    """The labels of the shared axis, for a column's header."""
    return {"ticks": charts.axis_ticks(ends)}


@register.inclusion_tag("parts/trust.html")
def trust(word: Trust) -> dict[str, str]:
    """How far a row can be trusted, as a word."""
    return {"word": word, "meaning": TRUST_MEANINGS[word]}


@register.inclusion_tag("parts/loss.html")
def loss_curve(run: RunPage) -> dict[str, Any]:
    """Training loss by round, with its table; the axis runs on to the last round to come."""
    points = [(float(r.number), r.loss) for r in run.rounds if r.loss is not None]
    until = float(run.of) if run.unit == "round" and run.of else None
    return {"rounds": run.rounds, "curve": charts.curve(points, until), "live": run.live}


@register.inclusion_tag("parts/cost.html")
def cost_chart(rows: Sequence[BoardRow]) -> dict[str, Any]:
    """Score against what was sent, for the rows that have both."""
    known = [r for r in rows if r.average is not None and r.gigabytes]
    points = [(r.gigabytes or 0.0, r.average or 0.0) for r in known]
    drawing = charts.scatter(points)
    marks = zip(drawing.marks, known, strict=True) if drawing else ()
    return {"drawing": drawing, "marks": list(marks)}
