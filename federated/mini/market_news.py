"""Short market news: a grammar whose texts decide their own label.

A clause is made for a label, never labelled afterwards. What a word means depends on the rest:
"fell" is good for costs and bad for sales, "did not" and "no longer expects" turn a clause
round, an opening clause may point the other way, and neutral news uses the same words. Whoever
only counts words cannot do well; see `tests/federated/mini/test_finance.py` for how well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from .market_words import (
    ALIKE,
    ASIDE,
    BETTER,
    DECREASES,
    DOWN,
    DROP,
    EVENTS,
    FLAT,
    IDLE,
    INCREASES,
    NOTS,
    RISE,
    STANCES,
    UNWANTED,
    UP,
    WANTED,
    WORSE,
    Words,
)
from .world import CITIES, DAYS, MONTHS, QUARTERS, THINGS, Cast, Company, casts

Label = Literal["negative", "neutral", "positive"]
Style = Literal["wire", "headline", "post", "tweet"]

LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")

# ---- clauses ----------------------------------------------------------------------------------
# Each takes the wanted label and answers a clause that has it; "{who}" stands for the company.

SIGN: dict[Label, int] = {"negative": -1, "neutral": 0, "positive": 1}


class Said(NamedTuple):
    """A clause, and whether there is more (1), less (-1) or as much (0) of its measure.

    Or, without a measure, the event that it tells of, as the phrase for its good outcome.
    """

    text: str
    measure: str = ""
    change: int = 0
    event: str = ""


Clause = Callable[[random.Random, Label], Said]


def moved(rng: random.Random, label: Label) -> Said:
    """A measure went up, down or nowhere; which of these is good depends on the measure."""
    if label == "neutral":
        measure = rng.choice(WANTED + UNWANTED)
        verb = rng.choice(FLAT)
        if rng.random() < 0.5:
            measure, verb = rng.choice(IDLE), rng.choice(UP + DOWN)
        return Said(f"{{who}}'s {measure} {verb}", measure)
    measure, direction = _measure(rng, SIGN[label])
    verb = rng.choice(UP if direction > 0 else DOWN)
    return Said(f"{{who}}'s {measure} {verb}{_amounts(rng, direction)}", measure, direction)


def compared(rng: random.Random, label: Label) -> Said:
    """Two amounts and no verb of movement: one has to compare them."""
    measure, direction = _measure(rng, SIGN[label] or rng.choice((-1, 1)))
    direction *= abs(SIGN[label])
    now, before = _pair(rng, direction)
    link = rng.choice(("against", "compared with", "after"))
    text = f"{{who}}'s {measure} came to {now} million, {link} {before} million a year ago"
    return Said(text, measure, direction)


def turned_round(rng: random.Random, label: Label) -> Said:
    """A movement that did not come."""
    measure, direction = _measure(rng, SIGN[label] or rng.choice((-1, 1)))
    verb = rng.choice(DROP if direction > 0 else RISE)
    if label == "neutral":
        measure, direction = rng.choice(IDLE), 0
    wrap = rng.choice(("did not {} as expected", "failed to {}", "did not {} after all"))
    return Said(f"{{who}}'s {measure} {wrap.format(verb)}", measure, direction)


def expected(rng: random.Random, label: Label) -> Said:
    """What a company expects, no longer expects, rules out, or only talks about."""
    if label == "neutral":
        change, measure = rng.choice(INCREASES + DECREASES), rng.choice(WANTED + UNWANTED)
        return Said(f"{{who}} {_filled(rng, rng.choice(ASIDE))} {change} {measure}", measure)
    stance, keeps = rng.choice(STANCES)
    measure, direction = _measure(rng, SIGN[label] * keeps)
    change = rng.choice(INCREASES if direction > 0 else DECREASES)
    return Said(f"{{who}} {stance} {change} {measure}", measure, direction * keeps)


def judged(rng: random.Random, label: Label) -> Said:
    """A word that judges by itself: costs that improved are good news as sales are."""
    verbs = {"negative": WORSE, "neutral": ALIKE, "positive": BETTER}[label]
    wanted = rng.random() < 0.5
    measure = rng.choice(WANTED if wanted else UNWANTED)
    change = SIGN[label] if wanted else -SIGN[label]
    return Said(f"{{who}}'s {measure} {rng.choice(verbs)}", measure, change)


def contrasted(rng: random.Random, label: Label) -> Said:
    """Last year's movement first, this year's after it: only the second counts."""
    measure, direction = _measure(rng, SIGN[label] or rng.choice((-1, 1)))
    then = rng.choice(("fallen", "dropped") if rng.random() < 0.5 else ("risen", "grown"))
    verb = rng.choice(FLAT if label == "neutral" else UP if direction > 0 else DOWN)
    text = f"{{who}}'s {measure}, which had {then} last year, {verb}"
    return Said(text, measure, direction * abs(SIGN[label]))


def event(rng: random.Random, label: Label) -> Said:
    """Something happened, or did not."""
    good, bad, neutral = rng.choice(EVENTS)
    if label == "neutral":
        return Said(f"{{who}} {_filled(rng, neutral)}", event=good)
    happened = rng.random() < 0.7
    verbs, rest = (good if (label == "positive") == happened else bad).split(" ", 1)
    base, past = verbs.split("|")
    verb = past if happened else f"{rng.choice(NOTS)} {base}"
    return Said(f"{{who}} {verb} {_filled(rng, rest)}", event=good)


CLAUSES: tuple[tuple[Clause, int], ...] = (
    (moved, 26),
    (compared, 8),
    (turned_round, 12),
    (expected, 18),
    (judged, 5),
    (contrasted, 7),
    (event, 24),
)


def _measure(rng: random.Random, sign: int) -> tuple[str, int]:
    """A measure and the direction in which a change of it has this sign."""
    wanted = rng.random() < 0.5
    return rng.choice(WANTED if wanted else UNWANTED), sign if wanted else -sign


def _pair(rng: random.Random, direction: int) -> tuple[int, int]:
    low = rng.randint(2, 60)
    high = low + rng.randint(1, 35) if direction else low
    return (high, low) if direction > 0 else (low, high)


def _amounts(rng: random.Random, direction: int) -> str:
    """Amounts that agree with the verb, in either order; half of the time none."""
    now, before = _pair(rng, direction)
    return rng.choice(
        ("", "", "", f" by {abs(now - before)} percent",
         f" to {now} million from {before} million", f" from {before} million to {now} million")
    )  # fmt: skip


def _filled(rng: random.Random, phrase: str) -> str:
    other = rng.choice(RIVALS).name
    return phrase.format(
        thing=rng.choice(THINGS), city=rng.choice(CITIES), month=rng.choice(MONTHS), other=other
    )


# ---- from clause to text ----------------------------------------------------------------------

# Openings that point both ways and decide nothing.
OPENINGS: Words = (
    "after a strong year", "after a weak year", "in a rising market", "in a falling market",
    "despite strong demand", "despite weak demand", "as rivals grew", "as rivals shrank",
    "after two good quarters", "after two bad quarters", "amid fears of a slump",
    "amid hopes of a boom",
)  # fmt: skip

FRAMES: dict[Style, Words] = {
    "wire": (
        "{text}, a filing showed on {day}.", "{text} in the {quarter}.",
        "{text}, it said in {city}.", "{city}, {day}: {text}.", "{text}, the company said.",
        "{text}.",
    ),
    "headline": ("{text}", "Brief: {text}", "Update: {text}", "{city} market report: {text}"),
    "post": (
        "{text}. {ticker}", "Just saw that {text}. Hm.", "{ticker}: {text}",
        "So {text}, says a friend", "Note to self: {text}",
    ),
    "tweet": (
        "{ticker} {text} #stocks", "{text} {ticker} #markets", "{ticker} - {text}",
        "#{tag} {text} {ticker}", "{text} #news {ticker}",
    ),
}  # fmt: skip
TAGS: Words = ("stocks", "earnings", "finance", "trading")

RIVALS: tuple[Company, ...] = casts()["corpus"][:40]


class News(NamedTuple):
    """One short text, what it is worth, which kind of clause made it, and the clause."""

    text: str
    label: Label
    style: Style
    clause: str
    said: Said


def news(rng: random.Random, cast: Cast, label: Label, style: Style) -> News:
    """A text of this label in this style about a company of this cast."""
    make = rng.choices([clause for clause, _ in CLAUSES], [weight for _, weight in CLAUSES])[0]
    company = rng.choice(casts()[cast])
    said = make(rng, label)
    text = said.text.replace("{who}", _called(rng, company, style))
    if rng.random() < 0.25:
        text = f"{rng.choice(OPENINGS)}, {text}"
    return News(_framed(rng, text, company, style), label, style, make.__name__, said)


def _called(rng: random.Random, company: Company, style: Style) -> str:
    """Tweets may say the ticker for the name."""
    return f"${company.ticker}" if style == "tweet" and rng.random() < 0.4 else company.name


def _framed(rng: random.Random, text: str, company: Company, style: Style) -> str:
    framed = rng.choice(FRAMES[style]).format(
        text=text, ticker=f"${company.ticker}", city=rng.choice(CITIES), day=rng.choice(DAYS),
        quarter=rng.choice(QUARTERS), tag=rng.choice(TAGS),
    )  # fmt: skip
    return framed[0].upper() + framed[1:]


def distinct(rng: random.Random, cast: Cast, labels: Iterator[Label], *styles: Style) -> list[News]:
    """One text a label, no text twice."""
    found: dict[str, News] = {}
    for label in labels:
        item = news(rng, cast, label, rng.choice(styles))
        while item.text in found:
            item = news(rng, cast, label, rng.choice(styles))
        found[item.text] = item
    return list(found.values())
