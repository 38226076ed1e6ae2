"""The tests of a board, in words: what is asked, of which data, and how answers are read."""

from __future__ import annotations

from typing import NamedTuple

from evaluators.suites import SUITES, Form, Task
from leaderboard.domains import DOMAINS

ASKED: dict[Form, str] = {
    "sentiment": "A short text; is what it says negative, neutral or positive?",
    "choice": "A question and lettered answers.",
    "decision": "A text and a question that it answers with yes, no or maybe.",
    "program": "The beginning of a program; the model writes the rest.",
}
CLEAN: dict[Form, str] = {
    "sentiment": "The log-likelihood of each word, divided by its number of characters; the "
    "highest counts.",
    "choice": "The log-likelihood of each letter; the highest counts. The options are shown as "
    "they are.",
    "decision": "The log-likelihood of each word; the highest counts.",
    "program": "Five programs a task (temperature 0.2, top-p 0.95), cut at the end marks of chat "
    "formats too; the share that passes is the unbiased estimate of pass@1.",
}
IN_FORM: dict[Form, str] = {
    "sentiment": "the answer is one of the three words and no more",
    "choice": "the output is a bare letter",
    "decision": "the output is one of the three words and no more",
    "program": "something was written and it compiles",
}
LANGUAGES = {"python": "Python", "javascript": "JavaScript", "cpp": "C++"}


class TestCard(NamedTuple):
    """One test."""

    key: str
    title: str
    dataset: str
    published: str
    n: int | None
    chance: float
    """Percent."""
    instruction: str
    language: str
    asked: str
    clean: str
    in_form: str
    quirks: tuple[str, ...]


class SuitePage(NamedTuple):
    """All tests of one board."""

    domain: str
    title: str
    practice: bool
    version: str
    tests: tuple[TestCard, ...]


def suite(domain: str) -> SuitePage | None:
    """A board's tests; None where there is no such board. No database query."""
    if domain not in DOMAINS:
        return None
    about, found = DOMAINS[domain], SUITES[domain]
    cards = tuple(map(_card, found.tasks))
    return SuitePage(domain, about.title, about.practice, found.version, cards)


def _card(task: Task) -> TestCard:
    return TestCard(
        key=task.key,
        title=task.title,
        dataset=task.dataset,
        published=task.published,
        n=task.n,
        chance=100 * task.chance,
        instruction=task.instruction,
        language=LANGUAGES[task.language] if task.form == "program" else "",
        asked=ASKED[task.form],
        clean=CLEAN[task.form],
        in_form=IN_FORM[task.form],
        quirks=task.quirks,
    )
