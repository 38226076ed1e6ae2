"""Numbers, sizes and times as readers see them. A missing value is always a dash."""

from __future__ import annotations

from datetime import datetime
from math import floor, log10

from django import template
from django.utils import timezone

register = template.Library()

MISSING = "–"
TINY = 0.00001
MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.filter
def share(value: float | None) -> str:
    """A percentage with one decimal, without its sign: 84.1, and −3.9 below nought."""
    return MISSING if value is None else f"{value:.1f}".replace("-", "−")


@register.filter
def signed(points: float | None) -> str:
    """A difference in percentage points: +1.2, −0.4, 0.0."""
    shown = share(points)
    return f"+{shown}" if points is not None and float(f"{points:.1f}") > 0 else shown


@register.filter
def steps(ranks: int) -> str:
    """Ranks won or lost: +3, −1."""
    return f"{ranks:+d}".replace("-", "−")


@register.filter
def figures(value: float | None) -> str:
    """About three figures and never an exponent: 0.0042, 0.705, 40.4, 1,720."""
    if value is None:
        return MISSING
    if value == 0:
        return "0"
    if value < TINY:
        return f"<{TINY:.5f}"
    decimals = min(max(2 - floor(log10(value)), 0), 5)
    return f"{value:,.{decimals}f}" if decimals < 3 else f"{value:.{decimals}f}".rstrip("0")


@register.filter
def whole(value: int | None) -> str:
    """A whole number with its thousands apart: 1,212."""
    return MISSING if value is None else f"{value:,}"


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as percent with one decimal: 6.3."""
    return MISSING if share is None else f"{100 * share:.1f}"


@register.filter
def times(ratio: float | None) -> str:
    """How many times as much: 1.06 ×."""
    return MISSING if ratio is None else f"{ratio:,.2f} ×"


@register.filter
def mebibytes(size: int | None) -> str:
    """Bytes as MiB, about three figures."""
    return MISSING if size is None else figures(size / 1024**2)


@register.filter
def minutes(seconds: float | None) -> str:
    """Seconds as minutes with one decimal, for a column that people compare."""
    return MISSING if seconds is None else f"{seconds / MINUTE:,.1f}"


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in words: 42 s, 7 min, 1 h 12 min, 3 days."""
    if seconds is None:
        return MISSING
    if seconds < MINUTE:
        return f"{max(seconds, 0):.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 2 * DAY:
        hours, rest = divmod(round(seconds / MINUTE), 60)
        return f"{hours} h {rest:02} min"
    return f"{seconds / DAY:.0f} days"


@register.filter
def loss(value: float | None) -> str:
    """A loss with four decimals."""
    return MISSING if value is None else f"{value:.4f}"


@register.filter
def plain(value: float) -> str:
    """An axis label: no more decimals than it needs."""
    return f"{value:,g}" if abs(value) < 1e6 else f"{value:,.0f}"


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago in words: just now, 5 min ago, 3 h ago, 2 days ago, then the date."""
    if moment is None:
        return MISSING
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min ago"
    if seconds < DAY:
        return f"{seconds / HOUR:.0f} h ago"
    days = round(seconds / DAY)
    return "1 day ago" if days == 1 else f"{days} days ago" if days < 14 else f"{moment:%-d %b %Y}"


@register.filter
def counted(number: int, word: str) -> str:
    """A number and its noun: 1 entry, 1,204 entries; `word` is "entry,entries"."""
    one, many = word.split(",")
    return f"{number:,} {one if number == 1 else many}"


@register.filter
def short_model(name: str) -> str:
    """A hub id without its organisation."""
    return name.rsplit("/", 1)[-1]
