"""Rank intervals, groups, Holm's correction and Borda's points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from leaderboard.statistics import (
    Entrant,
    Stratum,
    borda,
    holm,
    paired_permutation,
    rank_intervals,
    tiers,
)

NAMES = tuple(f"i{n}" for n in range(400))


def entrant(*tasks: np.ndarray, stderr: float | None = 0.01) -> Entrant:
    """An entry with items."""
    strata = tuple(Stratum(NAMES[: len(task)], task, 1 / len(tasks)) for task in tasks)
    return Entrant(float(np.mean([task.mean() for task in tasks])), stderr, strata)


def summary(average: float, stderr: float | None) -> Entrant:
    """An entry without items."""
    return Entrant(average, stderr, None)


def ordered(entries: list[Entrant]) -> list[Entrant]:
    return sorted(entries, key=lambda entry: -entry.average)


def right(count: int, n: int = 100) -> np.ndarray:
    """The first `count` of `n` items right."""
    return np.repeat([1.0, 0.0], (count, n - count))


boards = st.integers(1, 8).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=12, max_size=12).map(
            lambda scores: entrant(np.repeat(scores[:8], 12), np.array(scores[8:]))
        ),
        min_size=n,
        max_size=n,
    )
)


def test_without_items_the_standard_errors_decide() -> None:
    # A difference's SE is 0.0141. Second and third: z = 2.12, p = 0.034 against 0.05 / 2;
    # first and third: z = 2.83, p = 0.0047 against 0.05 / 3.
    found = rank_intervals([summary(a, 0.01) for a in (0.60, 0.59, 0.56, 0.50)])
    assert [place[:2] for place in found.places] == [(1, 2), (1, 3), (2, 3), (4, 4)]
    assert [place.tier for place in found.places] == [1, 1, 2, 3]
    assert (found.pairs, found.paired) == (6, 0)


def test_the_same_questions_separate_what_two_samples_could_not() -> None:
    # 14 questions apart, all one way: z = 14 / sqrt(14) = 3.7; unpaired z = 0.14 / 0.07 = 2.0.
    one, other = entrant(right(62), stderr=0.049), entrant(right(48), stderr=0.050)
    paired = rank_intervals([one, other])
    assert [place[:2] for place in paired.places] == [(1, 1), (2, 2)]
    assert paired.paired == 1
    apart = [entry._replace(strata=None, stderr=0.08) for entry in (one, other)]
    assert [place[:2] for place in rank_intervals(apart).places] == [(1, 2), (1, 2)]


def test_only_entries_with_the_same_items_are_paired() -> None:
    other_items = Entrant(0.5, 0.05, (Stratum(NAMES[1:101], right(50), 1.0),))
    found = rank_intervals([entrant(right(52)), entrant(right(50)), other_items])
    assert (found.pairs, found.paired) == (3, 1)


def test_for_one_task_the_test_is_mcnemars() -> None:
    # 3 pairs. Discordant 9 to 1: z = 8 / sqrt(10) = 2.53, p = 0.0114 < 0.05 / 3;
    # discordant 8 to 2: z = 6 / sqrt(10) = 1.90, p = 0.058.
    base = np.repeat([1.0, 0.0], (10, 90))
    clear, unclear = base.copy(), base.copy()
    clear[:1], clear[10:19] = 0.0, 1.0
    unclear[:2], unclear[10:18] = 0.0, 1.0
    found = rank_intervals([entrant(clear), entrant(unclear), entrant(base)])
    assert [place[:2] for place in found.places] == [(1, 2), (1, 3), (2, 3)]


def test_an_unknown_standard_error_separates_nobody() -> None:
    found = rank_intervals([summary(0.9, None), summary(0.1, 0.001), summary(0.05, 0.001)])
    assert [place[:2] for place in found.places] == [(1, 3), (1, 2), (2, 3)]


def test_a_standard_error_of_nought_separates_nobody() -> None:
    found = rank_intervals([summary(1.0, 0.0), summary(0.0, 0.0)])
    assert [place[:2] for place in found.places] == [(1, 2), (1, 2)]


def test_no_entry_and_one_entry_are_boards_too() -> None:
    assert rank_intervals([]).places == ()
    assert rank_intervals([summary(0.5, 0.1)]).places == ((1, 1, 1),)


def test_a_group_ends_where_its_first_entry_is_significantly_better() -> None:
    above = np.zeros((5, 5), dtype=bool)
    above[0, 3:] = above[1, 2:] = above[3, 4] = True
    # The second being better than the third does not end the first one's group.
    assert tiers(above) == [1, 1, 1, 2, 3]
    assert tiers(np.zeros((0, 0), dtype=bool)) == []


@settings(max_examples=50)
@given(boards, st.randoms())
def test_places_do_not_depend_on_the_order_of_the_entries(
    entries: list[Entrant], random: Any
) -> None:
    order = list(range(len(entries)))
    random.shuffle(order)
    straight = rank_intervals(entries).places
    shuffled = rank_intervals([entries[place] for place in order]).places
    assert [place[:2] for place in shuffled] == [straight[place][:2] for place in order]


@settings(max_examples=50)
@given(boards)
def test_an_interval_contains_the_rank_and_groups_follow_the_order(entries: list[Entrant]) -> None:
    entries = ordered(entries)
    places = rank_intervals(entries).places
    for entry, place in zip(entries, places, strict=True):
        rank = 1 + sum(other.average > entry.average for other in entries)
        assert 1 <= place.rank_low <= rank <= place.rank_high <= len(entries)
    found = [place.tier for place in places]
    assert found == sorted(found) and set(found) == set(range(1, max(found) + 1))


@settings(max_examples=50)
@given(boards)
def test_identical_entries_are_never_separated(entries: list[Entrant]) -> None:
    twice = [entry for entry in ordered(entries) for _ in range(2)]
    places = rank_intervals(twice).places
    twins = places[::2], places[1::2]
    assert [place[:2] for place in twins[0]] == [place[:2] for place in twins[1]]
    assert all(place.rank_low < place.rank_high for place in places)


def test_the_board_test_is_the_permutation_test_of_two_entries() -> None:
    # Near the 5 % limit both say the same: z is the permutation's own normal approximation.
    draw = np.random.default_rng(11)
    agreed = 0
    for _ in range(40):
        first = [draw.binomial(1, 0.60, 300).astype(float), draw.binomial(1, 0.5, 100) * 1.0]
        second = [draw.binomial(1, 0.50, 300).astype(float), draw.binomial(1, 0.45, 100) * 1.0]
        exact = paired_permutation(first, second, 4000).p <= 0.05
        places = rank_intervals([entrant(*first), entrant(*second)]).places
        agreed += exact == (places[0].rank_high == 1 or places[1].rank_high == 1)
    assert agreed >= 38


@settings(max_examples=20, deadline=None)  # statsmodels takes 50 ms a call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holms_p_values_are_those_of_statsmodels(found: list[float]) -> None:
    assert holm(found) == pytest.approx(multipletests(found, method="holm")[1])


def test_of_equal_entries_too_many_are_hardly_ever_separated() -> None:
    # Nobody is better: Holm holds the chance of any separation on a board at 5 %.
    draw = np.random.default_rng(3)
    wrong = 0
    for _ in range(100):
        entries = [entrant(draw.binomial(1, 0.6, 200).astype(float)) for _ in range(8)]
        places = rank_intervals(ordered(entries)).places
        wrong += any(place[:2] != (1, 8) for place in places)
    assert wrong <= 10


def test_borda_counts_whom_one_beats_in_each_table() -> None:
    assert borda([[1, 2, 3], [1, 3, 2]]) == [4.0, 1.0, 1.0]
    assert borda([[1, 1, 3]]) == [1.5, 1.5, 0.0], "equal ranks share a point"
    assert borda([]) == []


@given(st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=1, max_size=4))
def test_bordas_points_are_as_many_as_there_are_pairs(tables: list[list[int]]) -> None:
    assert sum(borda(tables)) == len(tables) * 6
