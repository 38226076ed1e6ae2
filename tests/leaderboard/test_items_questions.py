"""Finding the question in a prompt."""

from __future__ import annotations

import time

import pytest

from leaderboard import questions

CHOICE = (
    "<|im_start|>question\nAnswer the following multiple choice question.\n"
    "Question: Which planet\nhas rings?\n\nOptions:\nA. Mars\nB. Saturn\nC. Venus\nD. none\n"
    "The answer is:\n<|im_end|>\n<|im_start|>answer\n"
)
DECISION = "Answer yes, no, or maybe.\nTwenty patients were seen.\nIs it useful?\nThe answer is:"
SENTIMENT = (
    "Instruction: What is the sentiment of this news? Please choose an answer from "
    "{negative/neutral/positive}.\nInput: Sales rose.\nAnswer:"
)
PYTHON = (
    'def helper(x):\n    """ Not this one """\n\n\n'
    'def add(a, b):\n    """ Add two\n    numbers.\n    >>> add(1, 2)\n    3\n    """'
)
MBPP = '"""\nWrite a function to add.\nassert add(1, 2) == 3\n"""\n'
SCRIPT = "//Check a list of\n// numbers.\nfunction check(list){"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (CHOICE, "Which planet has rings?"),
        (DECISION, "Is it useful?"),
        (SENTIMENT, "Sales rose."),
        (PYTHON, "Add two numbers."),
        (PYTHON.replace('"""', "'''"), "Add two numbers."),
        (MBPP, "Write a function to add."),
        (SCRIPT, "Check a list of"),
        ("<|im_start|>question\nJust this.\n<|im_end|>", "Just this."),
        ("", ""),
    ],
)
def test_the_question_is_found_in_each_form(prompt: str, expected: str) -> None:
    assert questions.beginning(prompt) == expected


def test_a_long_question_ends_between_two_words() -> None:
    assert questions.one_line("one two  three\nfour", 14) == "one two three…"
    assert questions.one_line("Is it so? It is. Or not", 17) == "Is it so? It is…"
    assert questions.one_line("abcdefgh", 5) == "abcd…"
    assert questions.one_line("abcde", 5) == "abcde"


def test_lettered_options_say_what_they_mean() -> None:
    expected = {"A": "Mars", "B": "Saturn", "C": "Venus", "D": "none"}
    assert questions.option_texts(CHOICE) == expected
    assert questions.option_texts(DECISION) == {}


@pytest.mark.parametrize("text", ["a", "Question: ", '"""', "\nOptions:\nA. ", "/*", "\nInput: "])
def test_a_prompt_of_a_megabyte_takes_no_time(text: str) -> None:
    prompt = text * (1_000_000 // len(text))
    start = time.perf_counter()
    questions.beginning(prompt)
    questions.option_texts(prompt)
    assert time.perf_counter() - start < 2
