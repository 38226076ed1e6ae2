"""The domains as people meet them: training and evaluation joined by key, with words. Light."""

from __future__ import annotations

from typing import NamedTuple

from evaluators.suites import SUITES
from federated.domains import DOMAINS as TRAINING

SENTENCES = {
    "general": "School and university questions with four answers, from the sciences to law and "
    "history.",
    "finance": "What a piece of financial news means for those it is about: negative, neutral or "
    "positive.",
    "medical": "Exam questions for doctors, and whether a study's abstract says yes, no or maybe.",
    "code": "Short programs in Python, JavaScript and C++, run against their tests.",
    "general-mini": "Facts with four answers to choose from: small enough for a laptop, and for "
    "practice only.",
    "finance-mini": "Sentiment of made-up market news: small enough for a laptop, and for practice "
    "only.",
    "medical-mini": "Made-up trial notes and clinic questions: small enough for a laptop, and for "
    "practice only.",
    "code-mini": "Tiny Python functions, run against their tests: small enough for a laptop, and "
    "for practice only.",
}


class Domain(NamedTuple):
    """A board's subject."""

    key: str
    title: str
    sentence: str
    practice: bool
    tasks: tuple[tuple[str, str], ...]
    """(key, title) of each task, in column order."""
    suite_version: str

    def task_title(self, key: str) -> str:
        """The title of one task; an old task that the suite no longer has keeps its key."""
        return dict(self.tasks).get(key, key)


def _joined(key: str) -> Domain:
    training, suite = TRAINING[key], SUITES[key]
    return Domain(
        key=key,
        title=training.title,
        sentence=SENTENCES.get(key, f"{training.title}."),
        practice=training.practice,
        tasks=tuple((task.key, task.title) for task in suite.tasks),
        suite_version=suite.version,
    )


DOMAINS: dict[str, Domain] = {key: _joined(key) for key in TRAINING if key in SUITES}
