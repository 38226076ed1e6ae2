"""The practice programs: shapes, that solutions pass, and that tests ask for new chains."""

from __future__ import annotations

import random
from typing import Any

import pytest

from federated.mini import coding, programs
from federated.mini.programs import OPERATIONS, Operation

TABLES = {table.id: table.columns for table in coding.tables()}
HUMANEVAL, MBPP = TABLES["mini/tiny-humaneval"], TABLES["mini/tiny-mbpp"]
CHAINS = programs.chains()


def named(*codes: str) -> tuple[int, ...]:
    """The places of these operations on lists and numbers."""
    places = {operation.code: place for place, operation in reversed(list(enumerate(OPERATIONS)))}
    return tuple(places[code] for code in codes)


def test_the_tables_have_the_columns_of_the_real_sets() -> None:
    assert list(TABLES["mini/tiny-tasks"]) == ["instruction", "input", "output", "category"]
    assert list(HUMANEVAL) == ["task_id", "prompt", "canonical_solution", "test", "entry_point"]
    assert list(MBPP) == [
        "task_id", "text", "code", "test_list", "test_setup_code", "challenge_test_list",
    ]  # fmt: skip


def test_every_solution_passes_its_tests() -> None:
    for prompt, solution, test, entry in zip(
        HUMANEVAL["prompt"], HUMANEVAL["canonical_solution"], HUMANEVAL["test"],
        HUMANEVAL["entry_point"],
    ):  # fmt: skip
        space: dict[str, Any] = {}
        exec(f"{prompt}{solution}\n{test}\ncheck({entry})", space)
    for code, tests in zip(MBPP["code"], MBPP["test_list"]):
        exec("\n".join([code, *tests]), {})


def test_a_wrong_program_fails() -> None:
    with pytest.raises(AssertionError):
        exec(f"def f(x): return 'no'\n{HUMANEVAL['test'][0]}\ncheck(f)", {})


def test_the_chains_of_the_tests_are_not_in_training() -> None:
    taught, kept = map(set, CHAINS)
    assert not taught & kept
    assert len(kept) == int(len(taught | kept) * programs.TEST_SHARE)


def test_no_solution_of_the_tests_is_a_training_answer() -> None:
    bodies = {code.split("\n")[1].strip() for code in TABLES["mini/tiny-tasks"]["output"]}
    assert not [code for code in HUMANEVAL["canonical_solution"] if code.strip() in bodies]


@pytest.mark.parametrize(
    ("codes", "expression"),
    [
        (("{} + {k}", "{} * {k}"), "({a} + {k}) * {k}"),
        (("{} + {k}", "abs({})"), "abs({a} + {k})"),
        (("max({})", "{} - {k}"), "max({a}) - {k}"),
        (("{}[::-1]", "[x * x for x in {}]"), "[x * x for x in {a}[::-1]]"),
        (("[x * x for x in {}]", "{}[0]"), "[x * x for x in {a}][0]"),
    ],
)
def test_operations_nest_with_brackets_where_they_must(
    codes: tuple[str, ...], expression: str
) -> None:
    item = programs.program(random.Random(3), named(*codes))
    digits = [character for character in item.expression if character in "23456789"]
    shown = expression.replace("{a}", item.argument)
    for digit in digits:
        shown = shown.replace("{k}", digit, 1)
    assert item.expression == shown


def test_an_operation_has_two_ways_to_be_said_and_one_to_be_spelled() -> None:
    assert all(isinstance(operation, Operation) for operation in OPERATIONS)
    for operation in OPERATIONS:
        assert len(set(operation.said)) == 2 and operation.spelled not in operation.said
