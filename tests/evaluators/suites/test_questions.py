"""From a row to a question, or to a sentence that says what is wrong with the row."""

from __future__ import annotations

from typing import Any

import pytest

from evaluators.suites import code, general, medical
from evaluators.suites.questions import Choice, Decision, Programming

MMLU = {"question": "Two?", "subject": "sums", "choices": ["1", "2", "None", "4"], "answer": 1}
ABSTRACT = {"QUESTION": "Does it?", "CONTEXTS": ["One.", "Two."], "final_decision": "maybe"}
ENTRANCE = {
    "question": "Which?", "opa": "a", "opb": "b", "opc": "c", "opd": "d", "cop": 3,
    "subject_name": None,
}  # fmt: skip
LICENSING = {
    "question": "Which?",
    "answer": "y",
    "options": [{"key": "A", "value": "x"}, {"key": "B", "value": "y"}],
    "meta_info": "step1",
}
CARE = {
    "question": "Which?", "op1": "a", "op2": "b", "op3": "c", "op4": "d", "cop": 1,
    "category": "nursing",
}  # fmt: skip
HUMANEVAL = {"prompt": "\ndef f(x):\n", "entry_point": "f", "test": "def check(candidate): ..."}
MBPP = {
    "text": "Add.",
    "test_list": ["assert f(1) == 2", "assert f(2) == 3"],
    "test_setup_code": None,
}


def test_a_lettered_question_keeps_the_real_options_beside_the_shown_ones() -> None:
    assert general.question(MMLU) == Choice(
        "Two?", ("1", "2", "None", "4"), "B", ("1", "2", "nan", "4"), "sums"
    )


def test_the_three_medical_shapes_number_their_answers_each_in_its_way() -> None:
    assert medical.entrance(ENTRANCE).gold == "D"
    assert medical.licensing(LICENSING).gold == "B"
    assert medical.care(CARE).gold == "A"
    assert medical.care(CARE).group == "nursing"


def test_an_abstract_is_its_paragraphs_one_a_line() -> None:
    assert medical.abstract(ABSTRACT) == Decision("One.\nTwo.", "Does it?", "maybe")


def test_a_function_is_checked_by_its_name_and_its_prompt_is_stripped() -> None:
    assert code.humaneval(HUMANEVAL) == Programming(
        "def f(x):", "\ndef check(candidate): ...\ncheck(f)", "f"
    )


def test_a_sketch_shows_the_first_of_its_tests() -> None:
    found = code.mbpp(MBPP)
    assert found.prompt == '"""\nAdd.\nassert f(1) == 2\n"""\n'
    assert found.tests == "assert f(1) == 2\nassert f(2) == 3"
    assert found.gold == found.tests


def test_a_translated_function_is_named_after_its_number() -> None:
    row = {"name": "HumanEval_0_has_close_elements", "prompt": "p\n", "tests": "t"}
    assert code.multiple(row).entry_point == "has_close_elements"


@pytest.mark.parametrize(
    ("read", "row", "said"),
    [
        (general.question, {**MMLU, "choices": ["only"]}, "1 option found, at least 2"),
        (general.question, {**MMLU, "choices": ["a", " "]}, "option B is empty"),
        (general.question, {**MMLU, "choices": ["a", None]}, "option B is None"),
        (general.question, {**MMLU, "answer": 4}, "the answer is 4, 0 to 3 was wanted"),
        (general.question, {**MMLU, "question": ""}, "question is empty"),
        (
            medical.abstract,
            {**ABSTRACT, "final_decision": "perhaps"},
            "final_decision is 'perhaps'",
        ),
        (medical.entrance, {**ENTRANCE, "cop": -1}, "the answer is -1"),
        (medical.entrance, {**ENTRANCE, "opc": None}, "option C is None"),
        (medical.licensing, {**LICENSING, "answer": "z"}, "'z', which is none of its options"),
        (medical.care, {**CARE, "cop": 0}, "the answer is -1"),
        (medical.care, {**CARE, "cop": None}, "the answer is None"),
        (code.mbpp, {**MBPP, "test_list": []}, "test_list is empty"),
        (code.humaneval, {**HUMANEVAL, "test": None}, "test is None, a text was wanted"),
    ],
)
def test_a_row_that_is_no_question_says_which_field_and_what_was_wanted(
    read: Any, row: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        read(row)
