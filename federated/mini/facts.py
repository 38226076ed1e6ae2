"""Facts as data, and how they are asked: with four lettered options.

A relation maps things to one of four words (robin: bird). Options stand in the order of the
alphabet, as many exams print them: a model as small as ours learns which letter goes with a
thing, and no more. Test questions and the words that training teaches in are kept apart, so that
no test question is a training row.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

LETTERS = "ABCD"


class Relation(NamedTuple):
    """One kind of fact. "{x}" in a question stands for the thing."""

    subject: str
    asked: tuple[str, ...]
    """Questions of the tests."""
    taught: tuple[str, ...]
    """Questions of the training rows."""
    answers: Mapping[str, str]
    """Four answers, one word each, and the things each is right for, parted by spaces."""

    def facts(self) -> Iterator[Fact]:
        """Every thing with its answer."""
        for answer, things in self.answers.items():
            for thing in things.split():
                yield Fact(self, thing, answer)


class Fact(NamedTuple):
    """A thing and the one right answer about it."""

    relation: Relation
    thing: str
    answer: str

    @property
    def options(self) -> tuple[str, ...]:
        """The relation's answers by the alphabet."""
        return tuple(sorted(self.relation.answers))

    @property
    def letter(self) -> str:
        """The right option's."""
        return LETTERS[self.options.index(self.answer)]


class Asked(NamedTuple):
    """A fact and a question about it."""

    fact: Fact
    question: str


def listed(options: tuple[str, ...]) -> str:
    """The options below each other: "A. first", "B. second" and so on."""
    return "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=True))


def test_questions(rng: random.Random, relations: tuple[Relation, ...], rows: int) -> list[Asked]:
    """Distinct questions in a mixed order, as many of each letter."""
    pairs = [
        Asked(fact, question.format(x=fact.thing))
        for relation in relations
        for fact in relation.facts()
        for question in relation.asked
    ]
    rng.shuffle(pairs)
    found: list[Asked] = []
    for letter in LETTERS:
        found += [asked for asked in pairs if asked.fact.letter == letter][: rows // len(LETTERS)]
    rng.shuffle(found)
    return found


# Before a question of training, so that the same fact is seldom asked twice in the same words.
LEADS = ("", "Please ", "For the quiz, ", "Without looking it up, ", "Once more, ")


class Lesson(NamedTuple):
    """One training row about a fact."""

    question: str
    options: str
    letter: str
    subject: str


def lesson(rng: random.Random, facts: list[Fact]) -> Lesson:
    """A fact in the words of training, with its options."""
    fact = rng.choice(facts)
    lead, question = rng.choice(LEADS), rng.choice(fact.relation.taught).format(x=fact.thing)
    if lead:
        question = lead + question[0].lower() + question[1:]
    return Lesson(question, listed(fact.options), fact.letter, fact.relation.subject)
