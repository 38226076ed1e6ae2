"""The published reading of letters and of yes or no."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.protocols.letter import decision, letter
from tests.evaluators.helpers import REFERENCE

LETTERS = ("A", "B", "C", "D")
WORDS = ("yes", "no", "maybe")


@pytest.mark.parametrize(
    ("output", "answer", "compliant"),
    [
        ("B", "B", True),
        (" b.\n", "B", True),
        ("B. Paris", "B", False),
        ("Based", "B", False),  # the first character of any word counts
        ("Answer", "A", False),
        ("The", None, False),
        ("(C)", "C", False),
        ("E", "E", False),  # read, though there is no such option
        ("", None, False),
        ("...", None, False),
        ("é", None, False),
        ("1", None, False),
        ("x\n## d\ny", "D", False),  # a heading hides all but its own line
        ("b\n##", None, False),
    ],
)
def test_the_first_character_counts(output: str, answer: str | None, compliant: bool) -> None:
    found = letter(output, "B", LETTERS)
    assert (found.answer, found.compliant) == (answer, compliant)
    assert found.correct == (answer == "B")


@pytest.mark.parametrize(
    ("output", "answer", "gold", "correct"),
    [
        ("Yes", "yes", "yes", True),
        ("No.", "no", "no", True),
        ("yesyes", "yes", "yes", True),
        ("nono", "no", "no", True),
        ("yesno", "yes", "no", False),
        ("noyes", "no", "no", True),
        ("yes it is", None, "yes", False),  # only the word alone is read
        ("maybe", "maybe", "maybe", True),
        ("Maybe", "maybe", "maybe", True),
        ("maybe.", None, "maybe", False),  # the raw text is compared, full stop and all
        ("maybe", "maybe", "yes", False),
    ],
)
def test_a_decision_is_yes_or_no_or_exactly_the_gold(
    output: str, answer: str | None, gold: str, correct: bool
) -> None:
    found = decision(output, gold, WORDS)
    assert (found.answer, found.correct) == (answer, correct)


def transcribed(output: str, gold: str, boolean: bool) -> bool:
    """The published rule step by step, as a plain second reading."""
    output, gold = output.lower(), gold.lower()
    text = output
    if "\n##" in text:
        text = text.split("\n##")[1].split("\n")[0].strip().lower()
    text = re.sub(" +", " ", re.sub(r"[^a-zA-Z0-9]", " ", text).strip())
    if boolean:
        for doubled, single in (
            ("yesyes", "yes"), ("nono", "no"), ("yesno", "yes"), ("noyes", "no"),
        ):  # fmt: skip
            if doubled in text:
                text = text.replace(doubled, single)
                break
    else:
        text = text[:1]
    read = text if text in ("a", "b", "c", "d", "e", "yes", "no") else output
    return read == gold


PIECES = st.sampled_from(
    ("A", "b", " ", "yes", "No", "maybe", "\n##", "\n", ".", "É", "\u200b", "(", "e", "4", "no")
)


TEXTS = st.lists(PIECES, max_size=6).map("".join)


@given(TEXTS, st.sampled_from(LETTERS), st.sampled_from(WORDS))
def test_readings_agree_with_the_rule_step_by_step(output: str, gold: str, word: str) -> None:
    assert letter(output, gold, LETTERS).correct == transcribed(output, gold, False)
    assert decision(output, word, WORDS).correct == transcribed(output, word, True)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="no published outputs beside the checkout")
@pytest.mark.parametrize(("name", "right"), [("pubmedqa", 271), ("medmcqa", 290), ("medqa", 123)])
def test_published_outputs_are_judged_as_published(name: str, right: int) -> None:
    """0.542 of 500, 0.06932823332536457 of 4,183 and 0.09662215239591516 of 1,273."""
    [file] = (REFERENCE / "medical").glob(f"generation_{name}_*.jsonl.gz")
    rows = json.loads(gzip.decompress(file.read_bytes()))
    read, options = (decision, WORDS) if name == "pubmedqa" else (letter, LETTERS)
    assert sum(read(row["output"], row["gold"], options).correct for row in rows) == right
