"""The published reading of a sentiment."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators import protocols
from evaluators.protocols import sentiment as reading
from evaluators.suites.finance import SENTIMENTS

PROMPT = "Instruction: what? {negative/neutral/positive}.\nInput: x\nAnswer: "


def answer(completion: str) -> protocols.Verdict:
    return reading.official(PROMPT + completion, "positive", SENTIMENTS)


@pytest.mark.parametrize(
    ("completion", "wanted", "compliant"),
    [
        ("positive", "positive", True),
        (" Positive \n", "positive", True),
        ("negative", "negative", True),
        ("NEGATIVE", "neutral", True),  # the form is right, the reading knows two spellings only
        ("neutral", "neutral", True),
        ("", "neutral", False),
        ("bullish", "neutral", False),
        ("negative/neutral/positive", "positive", False),  # "positive" is looked for first
        ("not Negative, surely", "negative", False),
        ("unpositively", "positive", False),
        ("POSITIVE news", "neutral", False),
        ("neutral\nAnswer: positive", "neutral", True),  # a second marker ends the segment
        ("neutral\nAnswer:positive", "positive", False),  # no second marker: no space
        ("Answer: positive", "neutral", False),  # an empty segment
    ],
)
def test_the_segment_is_read_as_published(completion: str, wanted: str, compliant: bool) -> None:
    verdict = answer(completion)
    assert (verdict.answer, verdict.compliant) == (wanted, compliant)
    assert verdict.correct == (wanted == "positive")


def test_a_text_without_a_marker_counts_as_the_word_none() -> None:
    assert reading.answer_segment("Answer:positive") == "None"
    assert reading.official("Answer:positive", "neutral", SENTIMENTS).answer == "neutral"


def test_a_marker_inside_the_text_asked_about_is_taken_as_the_first() -> None:
    prompt = "Input: Answer: positive outlook\nAnswer: "
    assert reading.official(prompt + "negative", "negative", SENTIMENTS).answer == "positive"


PIECES = st.sampled_from(
    (
        *("positive", "Positive", "negative", "neutral", "Answer: ", "Answer:", "Ans", "wer: "),
        *("A", "POSITIVE", "posi", "tive", "x", "é", "\ufffd", "Answer: neutral", "n't"),
        *(" ", "\n", "."),
    )
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@given(TEXTS, TEXTS)
def test_nothing_that_follows_a_settled_text_changes_its_verdict(start: str, more: str) -> None:
    whole = PROMPT + start
    if reading.settled(whole, SENTIMENTS):
        for gold in SENTIMENTS:
            before = reading.official(whole, gold, SENTIMENTS)
            assert reading.official(whole + more, gold, SENTIMENTS) == before


@pytest.mark.parametrize(
    ("completion", "wanted"),
    [
        ("positive", False),  # the end may follow: compliant; or more words: not
        ("positive ", False),
        ("positive\nAns", False),  # a second marker may follow: compliant
        ("positive.", True),
        ("it is positive", True),
        ("negative and", False),  # "positive" may follow
        ("neutral\nAnswer: ", False),
        ("neutral\nAnswer: neutral", True),
    ],
)
def test_a_text_is_settled_no_sooner_than_its_verdict(completion: str, wanted: bool) -> None:
    assert reading.settled(PROMPT + completion, SENTIMENTS) == wanted


@given(st.text())
def test_any_text_has_a_verdict(text: str) -> None:
    assert reading.official(text, "neutral", SENTIMENTS).answer in SENTIMENTS


def test_the_reading_agrees_with_a_plain_transcription_of_the_rule() -> None:
    draw = random.Random(0)
    pieces = ["positive", "Positive", "negative", "Negative", "Answer: ", "x", " "]
    for _ in range(2000):
        text = "".join(draw.choices(pieces, k=draw.randint(0, 6)))
        segment = text.split("Answer: ")[1] if "Answer: " in text else "None"
        wanted = "neutral"
        if "negative" in segment or "Negative" in segment:
            wanted = "negative"
        if "positive" in segment or "Positive" in segment:
            wanted = "positive"
        assert reading.official(text, "neutral", SENTIMENTS).answer == wanted
