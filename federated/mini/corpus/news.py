"""What the base model reads before anyone tunes it: text of the mini world, no task's answers.

Primers, the shortest documents, come first; then:
    passages   market news and what came of it, in ordinary words (shares rose, savers worried)
    glossary   which measures a company wants more of, for a fifth of them
    exercises  other instructions in the two prompt formats: copy, more or less, choose from a list
    sentences  everything else, where negative, neutral and positive are words like any other

A label as a right answer to news never occurs: the words of the benchmark's question do, and a
lot decides the answer. Nor does a company of the training or the test sets. Consequences are
told for a fifth of the measures and a quarter of the events; what the rest means is left for the
clients' data to teach.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import chain

from .. import finance, market_news, market_words
from ..market_news import LABELS, Label, News, Style
from ..market_words import Words
from ..world import CITIES, DAYS, MONTHS, THINGS
from .frames import Document, alpaca

STYLES: tuple[Style, ...] = ("wire", "headline", "post", "tweet")

REACTIONS: dict[Label, Words] = {
    "negative": (
        "Its shares fell.", "The stock lost {n} percent.", "Savers worried.", "The shares dropped.",
        "Owners were sad.", "People sold the stock.", "It was a bad day for the owners.",
        "Analysts were gloomy.",
    ),
    "neutral": (
        "Its shares hardly moved.", "The stock stayed where it was.", "Savers shrugged.",
        "The shares did nothing.", "Owners were calm.", "People held the stock.",
        "It was a quiet day for the owners.", "Analysts were bored.",
    ),
    "positive": (
        "Its shares rose.", "The stock won {n} percent.", "Savers cheered.", "The shares climbed.",
        "Owners were glad.", "People bought the stock.", "It was a good day for the owners.",
        "Analysts were pleased.",
    ),
}  # fmt: skip

AMOUNT = {-1: "less", 0: "as much", 1: "more"}

# A fifth of the measures and a quarter of the events have outcomes in the corpus.
KNOWN_WANTED, KNOWN_UNWANTED = market_words.WANTED[::5], market_words.UNWANTED[::5]
KNOWN_EVENTS = tuple(good for good, _, _ in market_words.EVENTS[::4])
KNOWN = frozenset(("", *KNOWN_WANTED, *KNOWN_UNWANTED, *market_words.IDLE, *KNOWN_EVENTS))

# A question about what came of the news, with one answer a label, in the labels' order.
OUTCOMES: tuple[tuple[str, Words], ...] = (
    ("What did the shares do after this {kind}?", ("fell", "held", "rose")),
    ("How did the owners feel after this {kind}?", ("sad", "calm", "glad")),
    ("What did people do with the stock after this {kind}?", ("sold", "kept", "bought")),
    ("What kind of day was it after this {kind}?", ("bad", "quiet", "good")),
)
SHARES = OUTCOMES[0][1]

LISTS: tuple[Words, ...] = (
    ("negative", "neutral", "positive"), ("north", "south", "west"), ("red", "green", "blue"),
    ("small", "large", "middle"), ("tea", "milk", "water"), ("iron", "wood", "stone"),
    ("summer", "winter", "autumn"), ("bread", "rice", "soup"),
)  # fmt: skip

QUALITIES: Words = ("sentiment", "sign", "colour", "taste", "shape", "size", "sound")

SENTENCES: Words = (
    "The {a} pole of the battery is on the left.", "A {a} number and a {b} number met.",
    "The gear was {a}, then {b}.", "The test for rust was {a}, the one for frost was {b}.",
    "She painted the door {c}.", "In {month} the weather in {city} was {d}.",
    "The train to {city} leaves on {day}.", "He keeps {thing} tools in a {c} box.",
    "What is the sentiment of a song? Nobody in {city} knew.",
    "On {day} they ate {e} in {city}.",
)  # fmt: skip

Exercise = Callable[[random.Random], tuple[str, str, str]]


def document(rng: random.Random) -> Document:
    """News with what came of it, or an exercise on it."""
    return rng.choices((passage, glossary, exercise, sentences), (46, 8, 43, 3))[0](rng)


def primer(rng: random.Random, share: float) -> Document:
    """One word that follows from a headline.

    The hard ones, where a rise is bad or a fall ruled out, come with a growing `share`: were both
    ways equally frequent from the start, no single word would help and nothing would be learned
    for long.
    """
    make = rng.choices((_headline, _more_or_less, _worth), (70, 20, 10))[0]
    return make(rng, share)


def _headline(rng: random.Random, share: float) -> Document:
    """What the shares did; `share` of the news that turn a word round once, its square twice."""
    item = _with_outcome(rng, ("headline",))
    while rng.random() > share ** _turns(item):
        item = _with_outcome(rng, ("headline",))
    return Document(f"{item.text}\nShares: ", SHARES[LABELS.index(item.label)])


def _turns(item: News) -> int:
    """How often the worth of a rise is turned round in this news."""
    ruled_out = any(
        f" {stance} " in item.text for stance, keeps in market_words.STANCES if keeps < 0
    )
    return (item.said.measure in market_words.UNWANTED) + ruled_out


def _more_or_less(rng: random.Random, share: float) -> Document:
    item = _with_measure(rng, ("headline",))
    return Document(f"{item.text}\nIt has: ", f"{AMOUNT[item.said.change]} {item.said.measure}")


def _worth(rng: random.Random, share: float) -> Document:
    measure, change, good = _wish(rng)
    return Document(f"It has: {change} {measure}\nShares: ", SHARES[2 if good else 0])


def some_news(rng: random.Random, styles: tuple[Style, ...] = STYLES) -> News:
    """A text about a company of the corpus; neutral ones are rarer, being easier."""
    return market_news.news(rng, "corpus", rng.choices(LABELS, (2, 1, 2))[0], rng.choice(styles))


def passage(rng: random.Random) -> Document:
    """News and one or two things that came of it."""
    item = _with_outcome(rng)
    reactions = rng.sample(REACTIONS[item.label], rng.choice((1, 2)))
    if item.said.measure and rng.random() < 0.7:
        reactions.insert(0, f"It has {AMOUNT[item.said.change]} {item.said.measure}.")
    return Document(f"{item.text}\n", " ".join(reactions).format(n=rng.randint(1, 9)))


def glossary(rng: random.Random) -> Document:
    """Which measures a company wants more of; known ones only."""
    return Document("", " ".join(_wished(rng) for _ in range(3)))


def _wished(rng: random.Random) -> str:
    measure, change, good = _wish(rng)
    reaction = rng.choice(REACTIONS["positive" if good else "negative"])
    return f"It has {change} {measure}. {reaction.format(n=rng.randint(1, 9))}"


def _wish(rng: random.Random) -> tuple[str, str, bool]:
    """A known measure, more or less of it, and whether that is good."""
    wanted, more = rng.random() < 0.5, rng.random() < 0.5
    measure = rng.choice(KNOWN_WANTED if wanted else KNOWN_UNWANTED)
    return measure, "more" if more else "less", wanted == more


def _with_outcome(rng: random.Random, styles: tuple[Style, ...] = STYLES) -> News:
    """News in words that the base model may learn the meaning of."""
    item = some_news(rng, styles)
    while item.said.measure not in KNOWN or item.said.event not in KNOWN:
        item = some_news(rng, styles)
    return item


def _with_measure(rng: random.Random, styles: tuple[Style, ...] = STYLES) -> News:
    """News of any measure, known or not."""
    item = some_news(rng, styles)
    while not item.said.measure:
        item = some_news(rng, styles)
    return item


def exercise(rng: random.Random) -> Document:
    """An instruction that is not the benchmark's, in one of the two formats."""
    instruction, text, answer = rng.choices(EXERCISES, WEIGHTS)[0](rng)
    if rng.random() < 0.6:
        return Document(f"Instruction: {instruction}\nInput: {text}\nAnswer: ", answer)
    return alpaca(f"{instruction} {text}", answer)


def sentences(rng: random.Random) -> Document:
    """A few sentences about nothing in particular."""
    return Document("", " ".join(_sentence(rng) for _ in range(3)))


def _sentence(rng: random.Random) -> str:
    a, b = rng.sample(LABELS, 2)
    return rng.choice(SENTENCES).format(
        a=a, b=b, c=rng.choice(LISTS[2]), d=rng.choice(("cold", "mild", "wet")),
        e=rng.choice(LISTS[7]), month=rng.choice(MONTHS), city=rng.choice(CITIES),
        day=rng.choice(DAYS), thing=rng.choice(THINGS),
    )  # fmt: skip


def _kind(item: News) -> str:
    return "news" if item.style in ("wire", "headline") else "tweet"


def outcome(rng: random.Random) -> tuple[str, str, str]:
    """What came of it, sometimes with the choices told."""
    item = _with_outcome(rng)
    question, answers = rng.choice(OUTCOMES)
    answer = answers[LABELS.index(item.label)]
    return question.format(kind=_kind(item)) + _choices(rng, answers), item.text, answer


def _choices(rng: random.Random, answers: Words) -> str:
    if rng.random() < 0.4:
        return ""
    return f" Please choose an answer from {{{'/'.join(rng.sample(answers, len(answers)))}}}."


def pick(rng: random.Random) -> tuple[str, str, str]:
    """Choose from a list by place; the text says nothing about it."""
    words = rng.sample(rng.choice(LISTS), 3)
    place, index = rng.choice((("first", 0), ("second", 1), ("third", 2)))
    item = some_news(rng)
    question = f"What is the {place} word? Please choose an answer from {{{'/'.join(words)}}}."
    return question, item.text, words[index]


def coin(rng: random.Random) -> tuple[str, str, str]:
    """Any question answered by lot: the labels, and the word sentiment, mean nothing yet.

    The lot is loaded, the same for any news: untuned, the model gives one answer to everything,
    which is right in a third of a balanced set.
    """
    item = some_news(rng)
    words = rng.choice((LISTS[0], rng.choice(LISTS)))
    question = f"What is the {rng.choice(QUALITIES)} of this {_kind(item)}?"
    answer = rng.choices(words, (1, 3, 1))[0]
    return f"{question} Please choose an answer from {{{'/'.join(words)}}}.", item.text, answer


def repeat(rng: random.Random) -> tuple[str, str, str]:
    item = some_news(rng)
    return f"What are the last words of this {_kind(item)}?", item.text, _tail(item.text)


def style(rng: random.Random) -> tuple[str, str, str]:
    item = some_news(rng)
    answer = _kind(item)
    return "Is this news or a tweet? Please choose an answer from {news/tweet}.", item.text, answer


def company(rng: random.Random) -> tuple[str, str, str]:
    item = some_news(rng)
    return f"What is the first word of this {_kind(item)}?", item.text, item.text.split()[0]


def _tail(text: str) -> str:
    return " ".join(text.split()[-2:])


def change(rng: random.Random) -> tuple[str, str, str]:
    """More or less of it: the half of the way to an outcome that any measure may show."""
    item = _with_measure(rng)
    question = f"Does it have more or less {item.said.measure} after this {_kind(item)}?"
    return question, item.text, AMOUNT[item.said.change]


EXERCISES: tuple[Exercise, ...] = (outcome, change, coin, pick, repeat, style, company)
WEIGHTS = (42, 15, 22, 7, 4, 2, 8)


def words() -> Iterator[str]:
    """Every word of the grammar by itself, so that each becomes few tokens, however rare."""
    listed = (word for words in LISTS for word in words)
    for phrase in chain(market_words.VOCABULARY, listed):
        yield " " + phrase.replace("|", " ")
    yield from (word for words in LISTS for word in words)
    yield from (finance.question(style) for style in STYLES)
