"""What the base model reads: the forms of the tasks, and none of the answers tuning teaches."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import islice

import numpy as np
import pytest

from federated.mini import coding, corpus, general, medical, trials
from federated.mini.corpus import functions, letters, notes
from federated.mini.programs import OPERATIONS

HOUSEHOLD_THINGS = {fact.thing for fact in letters.FACTS}
HOUSEHOLD_WORDS = {word for fact in letters.FACTS for word in (fact.thing, fact.answer)}
DOCUMENTS = [*islice(corpus.documents(), 4_000), *islice(corpus.primers(), 3_000)]
READ = "\n".join(document.given + document.told for document in DOCUMENTS)


def test_every_room_is_read() -> None:
    for sign in ("Shares: ", "Options:", "Answer yes, no, or maybe.", "def "):
        assert sign in READ


def test_the_same_seed_gives_the_same_documents() -> None:
    assert [*islice(corpus.documents(7), 50)] == [*islice(corpus.documents(7), 50)]


def test_no_question_of_the_tests_or_of_training_occurs() -> None:
    asked = [q for t in general.tables() if t.split == "test" for q in t.columns["question"]]
    taught = general.facts_instruct().columns["instruction"][:500]
    asked += [str(row).split(".")[0] for row in taught]
    asked += list(medical.clinic_choice().columns["question"])
    asked += list(medical.trial_notes().columns["QUESTION"])
    asked += list(medical.clinic_flashcards().columns["input"][:500])
    asked += [str(text) for text in coding.tiny_mbpp().columns["text"]]
    asked += list(coding.tiny_tasks().columns["instruction"][:500])
    assert not [text for text in asked if str(text) in READ]


def test_no_drug_of_the_other_casts_occurs() -> None:
    drugs = [drug for cast in ("train", "test") for drug in trials.drugs(cast)]
    assert not [drug for drug in drugs if drug in READ]


def test_operations_that_tuning_teaches_are_never_named_in_ordinary_words() -> None:
    hidden = [
        text.replace("{k}", "")
        for place, operation in enumerate(OPERATIONS)
        if place not in functions.KNOWN
        for text in operation.said
    ]
    code = "\n".join(d.given for d in DOCUMENTS if "def " in d.told or "return" in d.told)
    assert len(hidden) > 40
    assert not [text for text in hidden if re.search(rf", {re.escape(text)}[,.]", code)]


def agreement(pairs: list[tuple[str, str]]) -> tuple[float, float, float]:
    """How often right and given agree, how often two independent draws would, and the error."""
    right, given = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(right[label] * given[label] for label in right) / len(pairs) ** 2
    agreed = float(np.mean([one == other for one, other in pairs]))
    return agreed, chance, (chance * (1 - chance) / len(pairs)) ** 0.5


def test_things_of_the_tests_are_only_listed_with_their_like() -> None:
    """No answer and no letter stands beside them."""
    things = {fact.thing for fact in letters.UNKNOWN}
    answers = {fact.answer for fact in letters.UNKNOWN}
    rng = random.Random(5)
    for document in (letters.document(rng) for _ in range(3_000)):
        words = set(re.findall(r"\w+", document.given + document.told))
        if words & (things - HOUSEHOLD_THINGS):
            assert document.told.startswith("Like ")
            assert not words & (answers - things - HOUSEHOLD_WORDS)


def test_a_lot_decides_whether_a_claim_about_a_trial_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng, made = random.Random(6), list[trials.Note]()
    original = notes.note

    def remembered(*arguments: object) -> trials.Note:
        made.append(original(*arguments))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(notes, "note", remembered)
    pairs = [(notes.coin(rng).told, made[-1].verdict) for _ in range(4_000)]
    agreed, chance, error = agreement([(verdict, told) for told, verdict in pairs])
    assert abs(agreed - chance) < 3 * error
