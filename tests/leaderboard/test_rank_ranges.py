"""Boards whose ranks say how sure they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leaderboard import item_results, queries, services
from leaderboard.models import BoardEntry
from leaderboard.services import comparing
from tests.leaderboard.scored import right, scored

pytestmark = pytest.mark.django_db


def board() -> Any:
    services.rebuild_board("finance", "clean")
    return queries.board("finance")


def ranks(page: Any) -> list[tuple[str, Any, Any, Any, Any]]:
    return [(row.name, row.rank, row.rank_low, row.rank_high, row.tier) for row in page.entries]


def test_entries_are_separated_by_the_questions_that_only_one_has_right(alice: Any) -> None:
    # Every step is 12 questions one way, z = 12 / sqrt(12) = 3.5, but the last two are 3 apart.
    scored(alice, "Best", {"fpb": right(80)})
    scored(alice, "Next", {"fpb": right(68)})
    scored(alice, "Close", {"fpb": right(65)})
    page = board()
    assert ranks(page) == [("Best", 1, 1, 1, 1), ("Next", 2, 2, 3, 2), ("Close", 3, 2, 3, 2)]
    assert (page.pairs, page.paired, page.unpaired) == (3, 3, 0)


def test_without_stored_items_the_standard_errors_decide(alice: Any) -> None:
    # The same boards unpaired: z = 0.12 / sqrt(0.8 * 0.2 / 100 + 0.68 * 0.32 / 100) = 1.95.
    scored(alice, "Best", {"fpb": right(80)}, items=False)
    scored(alice, "Next", {"fpb": right(68)})
    page = board()
    assert ranks(page) == [("Best", 1, 1, 2, 1), ("Next", 2, 1, 2, 1)]
    assert (page.pairs, page.paired) == (1, 0)


def test_items_that_cannot_be_read_are_like_items_that_are_missing(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored(alice, "Best", {"fpb": right(80)})
    scored(alice, "Next", {"fpb": right(68)})

    def broken(digest: str) -> Any:
        raise comparing.StorageError("gone")

    monkeypatch.setattr(comparing, "item_scores", broken)
    assert board().paired == 0


def test_controls_and_unscored_entries_are_not_compared(alice: Any) -> None:
    scored(alice, "Only", {"fpb": right(80)})
    scored(alice, "Alike", {"fpb": right(80)})
    scored(alice, "Control", {"fpb": right(90)}, method="centralised")
    scored(alice, "Unscored", None)
    page = board()
    assert ranks(page) == [
        ("Only", 1, 1, 2, 1), ("Alike", 1, 1, 2, 1), ("Unscored", None, None, None, None),
    ]  # fmt: skip
    assert page.controls[0].rank_low is None and page.pairs == 1


def test_an_entry_alone_has_nobody_to_be_compared_with(alice: Any) -> None:
    scored(alice, "Only", {"fpb": right(80)})
    assert ranks(board()) == [("Only", 1, None, None, None)]


def test_entries_that_answer_alike_share_their_ranks(alice: Any) -> None:
    for name in ("One", "Two", "Three"):
        scored(alice, name, {"fpb": right(60), "fiqa": right(20, 40)})
    assert [row[1:] for row in ranks(board())] == [(1, 1, 3, 1)] * 3


def test_a_rebuild_reads_no_items_file_twice(alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    item_results.item_scores.cache_clear()
    for count in (80, 68):
        scored(alice, f"Run {count}", {"fpb": right(count)})
    board()
    read = item_results.item_scores.cache_info().misses
    scored(alice, "Third", {"fpb": right(50)})
    board()
    assert (read, item_results.item_scores.cache_info().misses) == (2, 3)


def test_a_board_too_large_to_compare_has_plain_ranks(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MOST_COMPARED", 1)
    for count in (80, 68):
        scored(alice, f"Run {count}", {"fpb": right(count)})
    page = board()
    assert [row[1:4] for row in ranks(page)] == [(1, None, None), (2, None, None)]
    assert page.pairs == 0


def test_the_database_refuses_a_rank_outside_its_interval(alice: Any) -> None:
    for name in ("One", "Two"):
        scored(alice, name, {"fpb": right(80)})
    board()
    with pytest.raises(IntegrityError), transaction.atomic():
        BoardEntry.objects.update(rank_low=2)


def test_a_rebuild_reads_with_as_many_queries_for_fifty_entries_as_for_two(alice: Any) -> None:
    def rebuild(entries: range) -> int:
        for number in entries:
            scored(alice, f"Run {number}", {"fpb": right(number)})
        with CaptureQueriesContext(connection) as captured:
            assert services.rebuild_board("finance", "clean")
        # Entries are written in as many statements as the database needs for their size.
        return sum(query["sql"].startswith("SELECT") for query in captured)

    rebuild(range(1))
    assert rebuild(range(1, 2)) == rebuild(range(2, 50))
