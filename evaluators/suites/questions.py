"""What a row of a dataset comes to, by form; a row that is no question raises `ValueError`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

LETTERS = "ABCDEFGHIJ"


class Sentiment(NamedTuple):
    """A text, what it means for those it is about, and what the prompt calls the text."""

    text: str
    gold: str
    kind: Literal["news", "tweet"]
    group: str = ""


class Choice(NamedTuple):
    """A question with lettered options; `gold` is a letter."""

    question: str
    choices: tuple[str, ...]
    gold: str
    shown: tuple[str, ...]
    """The options as the published prompts show them, where they differ."""
    group: str = ""


class Decision(NamedTuple):
    """A question that its context answers with yes, no or maybe."""

    context: str
    question: str
    gold: str
    group: str = ""


class Programming(NamedTuple):
    """The beginning of a program, and the tests that the whole has to pass."""

    prompt: str
    tests: str
    entry_point: str
    setup: str = ""
    """Run before the tests, on the program's side."""
    group: str = ""

    @property
    def gold(self) -> str:
        """What stands for a right answer."""
        return self.tests


Question = Sentiment | Choice | Decision | Programming


def choice(
    question: object,
    choices: Sequence[object],
    answer: object,
    group: str = "",
    unreadable: Sequence[str] = (),
) -> Choice:
    """A lettered question. `answer` counts from 0; options in `unreadable` are shown as "nan"."""
    texts = tuple(text(each, f"option {LETTERS[place]}") for place, each in enumerate(choices))
    if len(texts) < 2:
        raise ValueError(f"{len(texts)} option found, at least 2 are wanted")
    if not isinstance(answer, int) or answer not in range(len(texts)):
        raise ValueError(f"the answer is {answer!r}, 0 to {len(texts) - 1} was wanted")
    shown = tuple("nan" if each in unreadable else each for each in texts)
    return Choice(text(question, "question"), texts, LETTERS[answer], shown, group)


def text(value: object, name: str) -> str:
    """A field that has to hold text."""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, a text was wanted")
    if not value.strip():
        raise ValueError(f"{name} is empty")
    return value


def named(label: object, names: Sequence[str], field: str = "label") -> str:
    """The name of a numbered label."""
    if not isinstance(label, int) or label not in range(len(names)):
        raise ValueError(f"{field} is {label!r}, 0 to {len(names) - 1} was wanted")
    return names[label]


def one_of(value: object, allowed: Sequence[str], field: str) -> str:
    """A label that is given by name."""
    if value not in allowed:
        raise ValueError(f"{field} is {value!r}, one of {', '.join(allowed)} was wanted")
    return str(value)
