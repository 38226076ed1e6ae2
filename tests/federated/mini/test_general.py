"""The practice facts: shapes, balance, and that what is taught is not what is asked."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from federated.mini import facts, general
from federated.mini.clinic_words import CLINIC
from federated.mini.facts import Fact, Relation, listed
from federated.mini.general_words import GROUPS

TABLES = {table.id: table.columns for table in general.tables()}
TESTS = [f"mini/facts-{group}" for group in GROUPS]
RELATIONS = [*(relation for group in GROUPS.values() for relation in group), *CLINIC]

KINDS = Relation(
    subject="kinds",
    asked=("What is the {x}?",),
    taught=("Tell me of the {x}",),
    answers={"fish": "eel", "bird": "owl", "worm": "leech", "ape": "gorilla"},
)


def rows(id: str) -> list[dict[str, Any]]:
    columns = TABLES[id]
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


def test_the_tables_have_the_columns_of_the_real_sets() -> None:
    taught = ["instruction", "input", "output", "category"]
    assert list(TABLES["mini/facts-instruct"]) == taught
    for id in TESTS:
        assert list(TABLES[id]) == ["question", "subject", "choices", "answer"]


def test_options_stand_by_the_alphabet_and_the_letter_says_where() -> None:
    fact = Fact(KINDS, "eel", "fish")
    assert listed(fact.options) == "A. ape\nB. bird\nC. fish\nD. worm"
    assert fact.letter == "C"


@pytest.mark.parametrize("id", TESTS)
def test_every_letter_is_right_equally_often_and_no_question_occurs_twice(id: str) -> None:
    assert Counter(TABLES[id]["answer"]) == dict.fromkeys(range(4), general.TEST_ROWS // 4)
    assert len(set(TABLES[id]["question"])) == general.TEST_ROWS


@pytest.mark.parametrize("id", TESTS)
def test_the_answer_is_the_one_the_fact_has(id: str) -> None:
    known = {
        question.format(x=fact.thing): fact.answer
        for relation in RELATIONS
        for fact in relation.facts()
        for question in relation.asked
    }
    for row in rows(id):
        assert row["choices"][row["answer"]] == known[row["question"]]


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.subject)
def test_a_relation_has_four_answers_of_one_word_and_no_thing_twice(relation: Relation) -> None:
    things = [fact.thing for fact in relation.facts()]
    assert len(relation.answers) == 4 and not any(" " in answer for answer in relation.answers)
    assert len(things) == len(set(things))
    assert all("{x}" in question for question in (*relation.asked, *relation.taught))


def test_training_teaches_every_tested_fact_and_repeats_no_test_question() -> None:
    taught = "\n".join(TABLES["mini/facts-instruct"]["instruction"])
    for group in GROUPS:
        for fact in (fact for relation in general.relations(group) for fact in relation.facts()):
            assert f" {fact.thing}" in taught
    assert not [
        question for id in TESTS for question in TABLES[id]["question"] if question in taught
    ]


def test_training_answers_with_the_letter_alone() -> None:
    assert set(TABLES["mini/facts-instruct"]["output"]) == set(facts.LETTERS)


def test_a_lesson_has_the_words_of_training_and_the_right_letter() -> None:
    known = [Fact(KINDS, "eel", "fish")]
    lesson = facts.lesson(random.Random(1), known)
    assert lesson.question.lower().endswith("tell me of the eel")
    assert lesson[1:] == ("A. ape\nB. bird\nC. fish\nD. worm", "C", "kinds")
