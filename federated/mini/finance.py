"""Sentiment of short market news: a grammar whose texts decide their own label.

A clause is made for a label, never labelled afterwards. What a word means depends on the rest:
"fell" is good for costs and bad for sales, "did not" and "no longer expects" turn a clause
round, an opening clause may point the other way, and neutral news uses the same words. Whoever
only counts words cannot do well; see `tests/federated/mini/test_finance.py` for how well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from .tables import Table
from .world import (
    CITIES,
    DAYS,
    MONTHS,
    QUARTERS,
    SEED,
    THINGS,
    Cast,
    Company,
    casts,
)

Label = Literal["negative", "neutral", "positive"]
Style = Literal["wire", "headline", "post", "tweet"]

LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
TRAIN_ROWS = 4_000
TEST_ROWS_PER_LABEL = 134

# ---- the vocabulary ---------------------------------------------------------------------------

Words = tuple[str, ...]

# More of it is good.
WANTED: Words = (
    "profit", "net profit", "sales", "revenue", "turnover", "cash flow", "demand", "output",
    "earnings", "margins", "order intake", "bookings", "exports", "market share", "savings",
    "productivity", "customer numbers", "reserves", "licence income", "repeat business",
)  # fmt: skip
# More of it is bad.
UNWANTED: Words = (
    "loss", "net loss", "costs", "debt", "complaints", "delays", "defects", "overheads",
    "bad loans", "waste", "accidents", "late deliveries", "refunds", "idle capacity", "rent bill",
    "fuel bill", "staff turnover", "warranty claims", "unsold stock", "arrears",
)  # fmt: skip
# More of it is neither.
IDLE: Words = (
    "number of board seats", "page count", "flag count", "newsletter length", "meeting length",
    "logo size", "menu length", "number of paintings", "postcode", "name length",
)  # fmt: skip

UP: Words = (
    "rose", "climbed", "grew", "increased", "jumped", "went up", "widened", "swelled", "expanded",
    "picked up", "edged up", "soared", "mounted", "doubled", "advanced", "surged",
)  # fmt: skip
DOWN: Words = (
    "fell", "dropped", "shrank", "decreased", "declined", "went down", "narrowed", "slid", "sank",
    "contracted", "eased", "edged down", "tumbled", "halved", "dipped", "receded",
)  # fmt: skip
FLAT: Words = ("was unchanged", "stayed flat", "stood still", "did not change", "was the same")

# Base forms, for clauses that turn a movement round.
RISE: Words = ("rise", "climb", "grow", "increase", "widen", "expand", "go up", "pick up")
DROP: Words = ("fall", "drop", "shrink", "decrease", "narrow", "contract", "go down", "ease")

# These judge by themselves, whatever they speak of.
BETTER: Words = ("improved", "got better", "looked healthier", "came right")
WORSE: Words = ("got worse", "deteriorated", "looked poorer", "went wrong")
ALIKE: Words = ("looked much the same", "were as before", "told nothing new")

# (what it expects, whether that keeps the direction of what is expected)
STANCES: tuple[tuple[str, int], ...] = (
    ("expects", 1), ("still expects", 1), ("now sees", 1), ("reported", 1), ("confirmed", 1),
    ("is heading for", 1), ("no longer expects", -1), ("does not expect", -1), ("ruled out", -1),
    ("avoided", -1), ("saw no sign of", -1), ("is past", -1),
)  # fmt: skip
ASIDE: Words = (
    "will say in {month} if it expects", "made no comment on", "was asked about",
    "will hold a talk on", "explained how it counts", "has a new form for reporting",
)  # fmt: skip
INCREASES: Words = ("a rise in", "an increase in", "growth in", "a jump in", "a widening of")
DECREASES: Words = ("a fall in", "a drop in", "a decline in", "a cut in", "a narrowing of")

NOTS: Words = ("did not", "will not", "did not after all")

# An event in three outcomes: (good, bad, neutral). "win|won": base form and past.
EVENTS: tuple[tuple[str, str, str], ...] = (
    ("win|won a {thing} order from {other}", "lose|lost a {thing} order to {other}",
     "will hear in {month} about a {thing} order"),
    ("raise|raised its dividend", "cut|cut its dividend", "will pay its dividend in {month}"),
    ("lift|lifted its outlook", "lower|lowered its outlook", "repeated its outlook"),
    ("beat|beat forecasts", "miss|missed forecasts", "will be told of forecasts in {month}"),
    ("win|won a court case against {other}", "lose|lost a court case against {other}",
     "moved a court case against {other} to {month}"),
    ("regain|regained its top credit rating", "forfeit|forfeited its top credit rating",
     "kept its credit rating"),
    ("reopen|reopened its {thing} plant", "shut|shut its {thing} plant",
     "painted its {thing} plant"),
    ("hire|hired more workers in {city}", "fire|fired workers in {city}",
     "met workers in {city}"),
    ("repay|repaid a loan early", "default|defaulted on a loan", "renamed a loan"),
    ("settle|settled a strike in {city}", "face|faced a strike in {city}",
     "published a history of a strike in {city}"),
    ("enter|entered the {thing} market", "quit|quit the {thing} market",
     "wrote a guide to the {thing} market"),
    ("secure|secured a patent on {thing} parts", "surrender|surrendered a patent on {thing} parts",
     "printed a patent on {thing} parts"),
    ("sign|signed {other} as a customer", "drop|dropped out of talks with {other}",
     "changed the room for talks with {other}"),
    ("pass|passed a safety check", "flunk|flunked a safety check", "booked a safety check"),
    ("find|found a buyer for its {thing} arm", "lack|lacked a buyer for its {thing} arm",
     "described its {thing} arm in a brochure"),
    ("finish|finished its {thing} project early", "delay|delayed its {thing} project",
     "named its {thing} project"),
    ("attract|attracted new lenders", "scare|scared off lenders", "listed its lenders"),
    ("renew|renewed its {thing} licence", "void|voided its {thing} licence",
     "framed its {thing} licence"),
    ("recover|recovered stolen {thing} goods", "recall|recalled faulty {thing} goods",
     "photographed {thing} goods"),
    ("win|won a grant in {city}", "owe|owed a fine in {city}", "rented a hall in {city}"),
    ("outsell|outsold {other}", "trail|trailed {other}", "sat beside {other} at a dinner"),
    ("unblock|unblocked its supply of {thing} parts",
     "exhaust|exhausted its supply of {thing} parts",
     "photographed its supply of {thing} parts"),
    ("please|pleased auditors", "alarm|alarmed auditors", "greeted auditors"),
    ("retain|retained its chief engineer", "offend|offended its chief engineer",
     "introduced its chief engineer"),
)  # fmt: skip

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


# ---- the four tables --------------------------------------------------------------------------


def tables() -> tuple[Table, ...]:
    """The training set and the three test sets, each in the shape of the real one."""
    return market_sentiment(), market_wire(), market_posts(), market_tweets()


def question(style: Style) -> str:
    """The instruction of flwrlabs/fingpt-sentiment-train, for this kind of text."""
    kind = "news" if style in ("wire", "headline") else "tweet"
    choices = "{negative/neutral/positive}"
    return f"What is the sentiment of this {kind}? Please choose an answer from {choices}."


def market_sentiment() -> Table:
    """Training rows as in flwrlabs/fingpt-sentiment-train."""
    rng = random.Random(SEED + 1)
    labels = (rng.choice(LABELS) for _ in range(TRAIN_ROWS))
    rows = distinct(rng, "train", labels, "wire", "headline", "post", "tweet")
    return Table(
        id="mini/market-sentiment",
        split="train",
        columns={
            "instruction": [question(row.style) for row in rows],
            "input": [row.text for row in rows],
            "output": [row.label for row in rows],
        },
        note="Practice data; columns of flwrlabs/fingpt-sentiment-train.",
    )


def market_wire() -> Table:
    """Test rows as in takala/financial_phrasebank: 0 negative, 1 neutral, 2 positive."""
    rows = _test(SEED + 2, "wire")
    return Table(
        id="mini/market-wire",
        split="test",
        columns={
            "sentence": [row.text for row in rows],
            "label": [LABELS.index(row.label) for row in rows],
        },
        note="Practice data; columns of takala/financial_phrasebank.",
    )


def market_posts() -> Table:
    """Test rows as in pauri32/fiqa-2018: a score below -0.1 is negative, from 0.1 on positive."""
    rng = random.Random(SEED + 30)
    rows = _test(SEED + 3, "post", "headline")
    return Table(
        id="mini/market-posts",
        split="test",
        columns={
            "sentence": [row.text for row in rows],
            "target": [_company_in(row.text) for row in rows],
            "sentiment_score": [_score(rng, row.label) for row in rows],
            "format": [row.style for row in rows],
        },
        note="Practice data; columns of pauri32/fiqa-2018 that the evaluation reads.",
    )


def market_tweets() -> Table:
    """Test rows as in zeroshot/twitter-financial-news-sentiment: 0 neg, 1 pos, 2 neutral."""
    order: tuple[Label, ...] = ("negative", "positive", "neutral")
    rows = _test(SEED + 4, "tweet")
    return Table(
        id="mini/market-tweets",
        split="test",
        columns={
            "text": [row.text for row in rows],
            "label": [order.index(row.label) for row in rows],
        },
        note="Practice data; columns of zeroshot/twitter-financial-news-sentiment.",
    )


def _test(seed: int, *styles: Style) -> list[News]:
    """Exactly balanced rows in a mixed order."""
    rng = random.Random(seed)
    labels = list(LABELS * TEST_ROWS_PER_LABEL)
    rng.shuffle(labels)
    return distinct(rng, "test", iter(labels), *styles)


def _company_in(text: str) -> str:
    return next(company.name for company in casts()["test"] if company.name in text)


def _score(rng: random.Random, label: Label) -> float:
    """A score on the label's side of FiQA's two thresholds."""
    low, high = {"negative": (-90, -12), "neutral": (-9, 9), "positive": (12, 90)}[label]
    return rng.randint(low, high) / 100
