"""Medical questions: the training set and two tests, in the shapes of the real ones."""

from __future__ import annotations

import random

from .clinic_words import CLINIC
from .facts import LETTERS, Lesson, lesson, test_questions
from .general import ANSWER_WITH_A_LETTER
from .tables import Table
from .trials import VERDICTS, Note, distinct
from .world import SEED

FACT_ROWS = 1_800
NOTE_ROWS = 2_200
TEST_FACTS = 160
TEST_NOTES_PER_VERDICT = 60

INSTRUCTION = "Answer this question truthfully"


def tables() -> tuple[Table, ...]:
    """The training set and the two tests."""
    return clinic_flashcards(), trial_notes(), clinic_choice()


def clinic_flashcards() -> Table:
    """Training rows as in medical_meadow_medical_flashcards, with the subject as category."""
    rng = random.Random(SEED + 21)
    facts = [fact for relation in CLINIC for fact in relation.facts()]
    rows = [_fact_row(lesson(rng, facts)) for _ in range(FACT_ROWS)]
    verdicts = [rng.choice(VERDICTS) for _ in range(NOTE_ROWS)]
    rows += [_note_row(note) for note in distinct(rng, "train", iter(verdicts))]
    rng.shuffle(rows)
    return Table(
        id="mini/clinic-flashcards",
        split="train",
        columns={
            "instruction": [INSTRUCTION] * len(rows),
            "input": [question for question, _, _ in rows],
            "output": [answer for _, answer, _ in rows],
            "category": [category for _, _, category in rows],
        },
        note="Practice data; columns of medical_meadow_medical_flashcards, and a category.",
    )


def _fact_row(row: Lesson) -> tuple[str, str, str]:
    """Input, output and category of a fact."""
    return f"{row.question}. {ANSWER_WITH_A_LETTER} {row.options}", row.letter, row.subject


def _note_row(note: Note) -> tuple[str, str, str]:
    """Input, output and category of a note: what was measured in the trial."""
    return f"{note.text} {note.question}", note.verdict, note.measure


def trial_notes() -> Table:
    """Test rows as in bigbio/pubmed_qa's source shape."""
    rng = random.Random(SEED + 22)
    verdicts = list(VERDICTS * TEST_NOTES_PER_VERDICT)
    rng.shuffle(verdicts)
    rows = distinct(rng, "test", iter(verdicts))
    return Table(
        id="mini/trial-notes",
        split="test",
        columns={
            "PMID": [f"practice-{number}" for number in range(len(rows))],
            "QUESTION": [row.question for row in rows],
            "CONTEXTS": [list(row.contexts) for row in rows],
            "final_decision": [row.verdict for row in rows],
            "LONG_ANSWER": [f"The note says: {row.finding}." for row in rows],
        },
        note="Practice data; columns of bigbio/pubmed_qa that the evaluation reads.",
    )


def clinic_choice() -> Table:
    """Test rows as in medmcqa: `cop` counts the right option from 0."""
    rows = test_questions(random.Random(SEED + 23), CLINIC, TEST_FACTS)
    options = list(zip(*(row.fact.options for row in rows), strict=True))
    return Table(
        id="mini/clinic-choice",
        split="test",
        columns={
            "id": [f"practice-{number}" for number in range(len(rows))],
            "question": [row.question for row in rows],
            "opa": list(options[0]),
            "opb": list(options[1]),
            "opc": list(options[2]),
            "opd": list(options[3]),
            "cop": [LETTERS.index(row.fact.letter) for row in rows],
            "choice_type": ["single"] * len(rows),
            "exp": [""] * len(rows),
            "subject_name": [row.fact.relation.subject for row in rows],
            "topic_name": [""] * len(rows),
        },
        note="Practice data; columns of medmcqa.",
    )
