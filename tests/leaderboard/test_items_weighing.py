"""Log-likelihoods side by side."""

from __future__ import annotations

import math

import pytest

from leaderboard import weighing
from tests.leaderboard import item_cast


def test_probabilities_are_shares_among_the_options() -> None:
    # e^-1 : e^-1 : e^(-1 + ln 2) = 1 : 1 : 2
    found = weighing.probabilities([-1.0, -1.0, -1.0 + math.log(2)])
    assert found == pytest.approx([25, 25, 50])


def test_likelihoods_too_small_for_a_float_still_have_shares() -> None:
    assert weighing.probabilities([-5000.0, -5000.0]) == [50, 50]


def test_what_is_no_number_has_no_share() -> None:
    assert weighing.probabilities([-1.0, float("nan"), None, -math.inf]) == [100, None, None, None]
    assert weighing.probabilities([]) == []


def test_the_chosen_and_the_right_option_are_marked_with_what_they_say() -> None:
    found = weighing.weights(item_cast.choice(1, "What?", "B", "C"))
    assert [(w.option, w.text, w.chosen, w.gold) for w in found] == [
        ("A", "a of 1", False, False),
        ("B", "b of 1", True, False),
        ("C", "c of 1", False, True),
        ("D", "d of 1", False, False),
    ]


def test_sentiments_of_old_files_have_their_names_and_are_weighed_by_character() -> None:
    row = item_cast.row("fpb-0", "p", "neutral", "neutral", "positive")
    old = {**row, "options": None, "loglikelihoods": [-8.0, -3.5, -16.0]}
    found = weighing.weights(old)
    assert [w.option for w in found] == ["negative", "neutral", "positive"]
    assert [w.per_character for w in found] == [-1.0, -0.5, -2.0]
    assert weighing.by_character(old)


def test_a_choice_is_not_weighed_by_character() -> None:
    assert not weighing.by_character(item_cast.choice(0, "What?", "A", "A"))


def test_options_without_names_are_numbered() -> None:
    row = {**item_cast.choice(0, "What?", "A", "A"), "options": None}
    assert [w.option for w in weighing.weights(row)] == [f"option {n}" for n in (1, 2, 3, 4)]


def test_a_generated_answer_has_no_weights() -> None:
    assert weighing.weights(item_cast.program(0, 0, True, "passed")) == ()
