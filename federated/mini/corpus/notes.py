"""Trial notes: what happened to a measure, in ordinary words, and never whether a claim holds.

A fraction of the findings' wordings have outcomes here; what the rest means is left to tuning. The
questions of the practice test occur where a loaded lot decides the answer. That yes, no and maybe
answer a question at all is learned from who owns what.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from .. import trials
from ..trials import FINDINGS, VERDICTS, Finding, Note, note
from .frames import Document, alpaca, plain, wrapped
from .household import HOUSEHOLD

DECIDE = "Is the statement correct? Answer yes, no, or maybe."
KNOWN = slice(0, 3)
"""The findings' wordings, of each list, whose outcomes are told."""

OUTCOMES: dict[Finding, str] = {"fell": "down", "rose": "up", "held": "level", "open": "unknown"}
PEOPLE = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hal", "Ida", "Jon")
GOODS = tuple(sorted({fact.thing for relation in HOUSEHOLD[:2] for fact in relation.facts()}))


def primer(rng: random.Random, share: float) -> Document:
    """Where a measure went, in a word."""
    item = _known_note(rng, share)
    return Document(f"{item.text}\n{_capital(item.measure)}: ", OUTCOMES[item.finding])


def document(rng: random.Random) -> Document:
    """A note or a small question, in one of the frames."""
    return rng.choices((outcome, owned, coin, told), (45, 25, 15, 15))[0](rng)


def outcome(rng: random.Random) -> Document:
    """Where a measure went, asked in other words."""
    item = _known_note(rng, 1.0)
    question = rng.choice(("Where did {m} go?", "Which way went {m}?", "Say where {m} went."))
    return _framed(rng, item.text, question.format(m=item.measure), OUTCOMES[item.finding])


def owned(rng: random.Random) -> Document:
    """Who has what: yes, no, or maybe by what the text says."""
    person = rng.choice(PEOPLE)
    has, may, lacks = rng.sample(GOODS, 3)
    verdict = rng.choice(VERDICTS)
    asked = {"yes": has, "no": lacks, "maybe": may}[verdict]
    said = [f"{person} has a {has}.", f"{person} may have a {may}."]
    if rng.random() < 0.5:
        said.append(f"{person} has no {lacks}.")
    rng.shuffle(said)
    question = rng.choice(("Does {p} have a {g}?", "Is there a {g} with {p}?"))
    return _framed(rng, " ".join(said), question.format(p=person, g=asked), verdict)


def coin(rng: random.Random) -> Document:
    """A claim answered by a loaded lot: what lowering and raising mean is not learned here."""
    item = note(rng, "corpus", rng.choice(VERDICTS))
    return _framed(rng, item.text, item.question, rng.choices(VERDICTS, (1, 3, 1))[0])


def told(rng: random.Random) -> Document:
    """Notes of any wording, as text."""
    items = [note(rng, "corpus", rng.choice(VERDICTS)) for _ in range(2)]
    return Document("", " ".join(item.text for item in items))


def _known_note(rng: random.Random, share: float) -> Note:
    """A note in known words; a second measure beside it in `share` of those that have one."""
    item = note(rng, "corpus", rng.choice(VERDICTS), KNOWN)
    while len(item.contexts) > 1 and rng.random() > share:
        item = note(rng, "corpus", rng.choice(VERDICTS), KNOWN)
    return item


def _framed(rng: random.Random, text: str, question: str, answer: str) -> Document:
    form = rng.random()
    if form < 0.4:
        return plain(f"{DECIDE}\n{text}\n{question}", answer)
    if form < 0.6:
        return wrapped(f"{DECIDE}\n{text}\n{question}", answer)
    return alpaca(f"{text} {question}", answer)


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]


def words() -> Iterator[str]:
    """Every word by itself."""
    for word in (*trials.MEASURES, *OUTCOMES.values(), *VERDICTS, *PEOPLE, *GOODS):
        yield f" {word}"
        yield word
    for finding in FINDINGS:
        yield from (f" {part}" for text in trials.TOLD[finding] for part in text.split())
    for claims in trials.CLAIMS.values():
        yield from (f" {part}" for text in claims for part in text.split())
