"""Questions with and without lettered options, on household words.

What is to be learned is the form: that a letter is asked for, or a word. Of the practice tests'
things the model reads which belong together (robin, heron, owl), never what they are called
and no question on them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from ..clinic_words import CLINIC
from ..facts import Fact, Relation, listed
from ..general_words import GROUPS
from .frames import Document, alpaca, choice_body, plain, wrapped
from .household import HOUSEHOLD

ASK_FOR_A_LETTER = (
    "Answer with the letter of the right option.", "Which option is right?", "Give the letter.",
)  # fmt: skip

FACTS = tuple(fact for relation in HOUSEHOLD for fact in relation.facts())
TESTED: tuple[Relation, ...] = (*(r for group in GROUPS.values() for r in group), *CLINIC)
ALIKE = tuple(things.split() for r in (*HOUSEHOLD, *TESTED) for things in r.answers.values())
UNKNOWN = tuple(fact for relation in TESTED for fact in relation.facts())


def primer(rng: random.Random, share: float) -> Document:
    """Things that belong together, or several household things with their letters."""
    if rng.random() < 0.3:
        things = rng.sample(rng.choice(ALIKE), 4)
        return Document(f"Like {things[0]},", f" {', '.join(things[1:])}")
    known = tuple(rng.choice(HOUSEHOLD).facts())
    lines = [f"The {fact.thing}: {fact.letter}" for fact in rng.sample(known, 6)]
    return Document(f"{listed(known[0].options)}\n", "\n".join(lines))


def document(rng: random.Random) -> Document:
    """A question in one of the frames."""
    return rng.choices((lettered, free, alike), (60, 10, 30))[0](rng)


def lettered(rng: random.Random) -> Document:
    """A fact known by heart, with options."""
    fact = rng.choice(FACTS)
    return _framed(rng, _question(rng, fact), listed(fact.options), fact.letter)


def free(rng: random.Random) -> Document:
    """The same without options."""
    fact = rng.choice(FACTS)
    return alpaca(_dotted(_question(rng, fact)), fact.answer)


def alike(rng: random.Random) -> Document:
    """Which things belong together, but not what they are called together."""
    lists = [rng.sample(things, 4) for things in rng.sample(ALIKE, 3)]
    return Document("", " ".join(f"Like {', '.join(things)}." for things in lists))


def _question(rng: random.Random, fact: Fact) -> str:
    return rng.choice(fact.relation.asked).format(x=fact.thing)


def _framed(rng: random.Random, question: str, options: str, letter: str) -> Document:
    form = rng.random()
    if form < 0.4:
        return plain(choice_body(question, options), letter)
    if form < 0.65:
        return wrapped(choice_body(question, options), letter)
    return alpaca(f"{_dotted(question)} {rng.choice(ASK_FOR_A_LETTER)} {options}", letter)


def _dotted(question: str) -> str:
    return question if question.endswith("?") else f"{question}."


def words() -> Iterator[str]:
    """Every word by itself, so that each becomes one token, however rare."""
    relations = (*HOUSEHOLD, *TESTED)
    answers = sorted({answer for relation in relations for answer in relation.answers})
    things = sorted({fact.thing for relation in relations for fact in relation.facts()})
    yield from (f" {word}" for word in (*answers, *things))
    yield from answers
    for relation in TESTED:
        questions = (*relation.asked, *relation.taught)
        yield from (f" {word}" for question in questions for word in question.split())
