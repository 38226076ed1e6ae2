"""The practice notes and flashcards: shapes, balance, and that a note decides its answer."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from federated.mini import medical, trials
from federated.mini.clinic_words import CLINIC
from federated.mini.trials import VERDICTS, Verdict

TABLES = {table.id: table.columns for table in medical.tables()}
NOTES, CARDS = TABLES["mini/trial-notes"], TABLES["mini/clinic-flashcards"]
CHOICE = TABLES["mini/clinic-choice"]


def test_the_tables_have_the_columns_of_the_real_sets() -> None:
    assert list(CARDS) == ["instruction", "input", "output", "category"]
    assert list(NOTES) == ["PMID", "QUESTION", "CONTEXTS", "final_decision", "LONG_ANSWER"]
    assert list(CHOICE) == [
        "id", "question", "opa", "opb", "opc", "opd", "cop", "choice_type", "exp",
        "subject_name", "topic_name",
    ]  # fmt: skip


def test_the_tests_are_balanced() -> None:
    wanted = dict.fromkeys(VERDICTS, medical.TEST_NOTES_PER_VERDICT)
    assert Counter(NOTES["final_decision"]) == wanted
    assert Counter(CHOICE["cop"]) == dict.fromkeys(range(4), medical.TEST_FACTS // 4)


def test_the_right_option_is_the_one_the_fact_has() -> None:
    known = {
        question.format(x=fact.thing): fact.answer
        for relation in CLINIC
        for fact in relation.facts()
        for question in relation.asked
    }
    options = list(zip(*(CHOICE[name] for name in ("opa", "opb", "opc", "opd"))))
    for question, row, place in zip(CHOICE["question"], options, CHOICE["cop"]):
        assert row[place] == known[question]


def test_no_question_of_the_tests_is_taught() -> None:
    taught = "\n".join(CARDS["input"])
    assert not [question for question in CHOICE["question"] if question in taught]
    assert not [question for question in NOTES["QUESTION"] if question in taught]


def test_the_casts_share_no_drug() -> None:
    casts = [set(trials.drugs(cast)) for cast in ("corpus", "train", "test")]
    assert sum(map(len, casts)) == len(set().union(*casts)) == 240


@pytest.mark.parametrize(
    ("text", "question", "verdict"),
    [
        ("{M} fell with {d}.", "Does {d} lower {m}?", "yes"),
        ("{M} fell with {d}.", "Does {d} raise {m}?", "no"),
        ("{M} climbed on {d}.", "Can {d} boost {m}?", "yes"),
        ("No difference in {m} was seen.", "Is {m} cut by {d}?", "no"),
        ("The data on {m} did not agree.", "Is {m} lifted by {d}?", "maybe"),
    ],
)
def test_finding_and_claim_decide(text: str, question: str, verdict: Verdict) -> None:
    """All notes that the grammar can make and that read so have this one answer."""
    assert MEANINGS[text, question] == {verdict}


def meanings() -> dict[tuple[str, str], set[Verdict]]:
    """Every wording of finding and claim drawn, with the answers it was drawn for."""
    rng, found = random.Random(4), dict[tuple[str, str], set[Verdict]]()
    findings = [text for texts in trials.TOLD.values() for text in texts]
    claims = [text for texts in trials.CLAIMS.values() for text in texts]
    for _ in range(12_000):
        verdict = rng.choice(VERDICTS)
        item = trials.note(rng, "train", verdict)
        told = next(text for text in item.contexts if item.measure in text.lower())
        drug = next(drug for drug in trials.drugs("train") if drug in item.question)
        text = _shape(told, item.measure, drug, findings)
        question = _shape(item.question, item.measure, drug, claims)
        found.setdefault((text, question), set()).add(verdict)
    return found


def _shape(text: str, measure: str, drug: str, wordings: list[str]) -> str:
    """The wording that a text was made from."""
    capital = measure[0].upper() + measure[1:]
    return next(
        wording
        for wording in wordings
        if re.fullmatch(
            re.escape(wording.replace("{M}", capital).replace("{m}", measure).replace("{d}", drug))
            .replace(r"\{low\}", r"\d+").replace(r"\{high\}", r"\d+"), text,
        )
    )  # fmt: skip


MEANINGS = meanings()


def test_no_wording_has_two_meanings_but_that_of_two_numbers() -> None:
    """A measure that went from one number to another has to be read."""
    assert {text for (text, _), verdicts in MEANINGS.items() if len(verdicts) > 1} <= {
        "{M} went from {high} to {low} with {d}.", "{M} went from {low} to {high} with {d}.",
        "{M} went from {low} to {low} with {d}.",
    }  # fmt: skip


def test_no_note_occurs_twice() -> None:
    notes = list(zip(map(tuple, NOTES["CONTEXTS"]), NOTES["QUESTION"]))
    assert len(notes) == len(set(notes))
