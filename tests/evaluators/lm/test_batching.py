"""Batches hold prompts of like length, and no more than they may."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evaluators.lm.batching import batches

Key = tuple[int, ...]


def keys(*lengths: int) -> list[Key]:
    return [(0,) * length for length in lengths]


def test_the_longest_come_first_and_equals_in_the_order_of_their_tokens() -> None:
    assert list(batches([(2,), (1,), (1, 1)], 2, len)) == [[(1, 1), (1,)], [(2,)]]


def test_a_batch_is_as_wide_as_its_longest_and_holds_no_more_tokens_than_allowed() -> None:
    found = batches(keys(50, 40, 30, 10, 10, 10), 9, len, tokens=100)
    assert [[len(key) for key in part] for part in found] == [[50, 40], [30, 10, 10], [10]]


def test_what_exceeds_the_tokens_alone_is_a_batch_of_its_own() -> None:
    assert list(batches(keys(7, 3), 9, len, tokens=5)) == [keys(7), keys(3)]


@given(st.lists(st.integers(0, 60)), st.integers(1, 8), st.integers(1, 200))
def test_nothing_is_lost_and_the_limits_hold(lengths: list[int], rows: int, tokens: int) -> None:
    found = list(batches(keys(*lengths), rows, len, tokens))
    assert sorted(len(key) for part in found for key in part) == sorted(lengths)
    for part in found:
        assert len(part) <= rows
        assert len(part) == 1 or len(part) * max(map(len, part)) <= tokens
