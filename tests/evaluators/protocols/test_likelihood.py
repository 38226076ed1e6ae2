"""The likeliest answer."""

from __future__ import annotations

from evaluators.protocols import Verdict, clean
from evaluators.suites.finance import SENTIMENTS


def test_the_likeliest_answer_per_character_wins() -> None:
    # negative -8/8 = -1, neutral -6.3/7 = -0.9, positive -7.6/8 = -0.95
    verdict = clean([-8.0, -6.3, -7.6], "neutral", SENTIMENTS, per_character=True)
    assert verdict == Verdict("neutral", True, True)


def test_plain_log_likelihoods_are_compared_where_answers_are_alike() -> None:
    # maybe -3 would win per character (-0.6 against -1/3 * 2.9): it does not here
    verdict = clean([-2.9, -4.0, -3.0], "yes", ("yes", "no", "maybe"), per_character=False)
    assert verdict == Verdict("yes", True, True)
    assert clean([-2.9, -4.0, -3.0], "yes", ("yes", "no", "maybe"), True).answer == "maybe"


def test_a_tie_goes_to_the_first_answer_of_the_task() -> None:
    for per_character in (True, False):
        assert clean([-4.0, -9.0, -4.0], "positive", SENTIMENTS, per_character).answer == "negative"
