"""Common knowledge: the training set and three tests, in the shapes of the real ones."""

from __future__ import annotations

import random

from .facts import LETTERS, Relation, lesson, test_questions
from .general_words import GROUPS
from .tables import Table
from .world import SEED

TRAIN_ROWS = 3_000
TEST_ROWS = 80
TESTED = ("animals", "materials", "continents", "languages", "people", "gods")
"""Two subjects a group: about as many facts as tuning teaches in a minute."""

ANSWER_WITH_A_LETTER = "Answer with the letter of the right option."


def tables() -> tuple[Table, ...]:
    """The training set and a test for each group."""
    return facts_instruct(), *(_test(number, group) for number, group in enumerate(GROUPS))


def relations(group: str) -> tuple[Relation, ...]:
    """Those of a group that are taught and tested."""
    return tuple(relation for relation in GROUPS[group] if relation.subject in TESTED)


def facts_instruct() -> Table:
    """Training rows as in flwrlabs/alpaca-gpt4, with the subject of each as its category."""
    rng = random.Random(SEED + 11)
    facts = [fact for group in GROUPS for relation in relations(group) for fact in relation.facts()]
    rows = [lesson(rng, facts) for _ in range(TRAIN_ROWS)]
    return Table(
        id="mini/facts-instruct",
        split="train",
        columns={
            "instruction": [f"{row.question}. {ANSWER_WITH_A_LETTER}" for row in rows],
            "input": [row.options for row in rows],
            "output": [row.letter for row in rows],
            "category": [row.subject for row in rows],
        },
        note="Practice data; columns of flwrlabs/alpaca-gpt4, and a category.",
    )


def _test(number: int, group: str) -> Table:
    """Test rows as in cais/mmlu."""
    rows = test_questions(random.Random(SEED + 12 + number), relations(group), TEST_ROWS)
    return Table(
        id=f"mini/facts-{group}",
        split="test",
        columns={
            "question": [row.question for row in rows],
            "subject": [row.fact.relation.subject for row in rows],
            "choices": [list(row.fact.options) for row in rows],
            "answer": [LETTERS.index(row.fact.letter) for row in rows],
        },
        note="Practice data; columns of cais/mmlu.",
    )
