"""The one order, on random boards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from leaderboard import ranking

START = datetime(2026, 1, 1, tzinfo=UTC)


class Entry(NamedTuple):
    average: float | None
    submitted_at: datetime
    is_control: bool
    submission_id: str
    trust: str = "verified"


entries = st.lists(
    st.builds(
        Entry,
        st.none() | st.sampled_from([50.0, 50.0 + 1e-12, 60.0]) | st.floats(0, 100),
        st.integers(0, 3).map(lambda days: START + timedelta(days=days)),
        st.booleans(),
        st.text("abc", min_size=1, max_size=6),
        st.sampled_from(["verified", "reported"]),
    ),
    unique_by=lambda entry: entry.submission_id,
)


def one(average: float | None, key: str = "a", day: int = 0, control: bool = False) -> Entry:
    return Entry(average, START + timedelta(days=day), control, key)


def ranks(*found: Entry) -> list[int | None]:
    return [rank for _, rank in ranking.place(ranking.order(found))]


def test_equal_averages_share_a_rank_and_the_next_is_skipped() -> None:
    assert ranks(one(70, "a"), one(60, "b"), one(60, "c"), one(50, "d")) == [1, 2, 2, 4]


def test_a_tie_is_ordered_by_time_then_id() -> None:
    found = ranking.order([one(60, "b", 1), one(60, "c", 0), one(60, "a", 1)])
    assert [entry.submission_id for entry in found] == ["c", "a", "b"]


def test_ranks_are_decided_at_full_precision() -> None:
    assert ranks(one(60.0, "a"), one(60.0 + 1e-12, "b")) == [1, 2]


def test_a_missing_average_is_last_and_unranked() -> None:
    found = ranking.order([one(None, "a"), one(0.0, "b")])
    assert [entry.submission_id for entry in found] == ["b", "a"]
    assert [rank for _, rank in ranking.place(found)] == [1, None]


def test_a_control_takes_no_rank_away() -> None:
    assert ranks(one(70, "a", control=True), one(60, "b")) == [None, 1]


def test_reported_numbers_take_no_rank_away() -> None:
    assert ranks(one(70, "a")._replace(trust="reported"), one(60, "b")) == [None, 1]


@given(entries)
def test_the_order_is_total_and_does_not_depend_on_the_input(found: list[Entry]) -> None:
    ordered = ranking.order(found)
    assert ordered == ranking.order(reversed(found))
    assert len(ordered) == len(found) and set(ordered) == set(found)
    for before, after in pairwise(ordered):
        if after.average is not None:
            assert before.average is not None and before.average >= after.average
        if before.average == after.average:
            assert (before.submitted_at, before.submission_id) < (
                after.submitted_at,
                after.submission_id,
            )


@given(entries)
def test_a_rank_is_one_more_than_the_number_of_better_entries(found: list[Entry]) -> None:
    ordered = ranking.order(found)
    ranked = [e for e in found if ranking.may_rank(e) and e.average is not None]
    for entry, (position, rank) in zip(ordered, ranking.place(ordered), strict=True):
        assert ordered[position - 1] is entry
        if entry in ranked:
            assert rank == 1 + sum(other.average > entry.average for other in ranked)
        else:
            assert rank is None
