"""Lists in pages, by signed cursors."""

from __future__ import annotations

from typing import Any

import pytest

from leaderboard.models import Submission

from .conftest import Program, error, walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(submit: Any) -> list[str]:
    """Seven of Alice's, the newest first; the fourth is private."""
    ids = [submit(name=f"Run {number}").submission_id for number in range(7)][::-1]
    Submission.objects.filter(pk=ids[3]).update(visibility="private")
    # Three were made in the same moment: the id decides.
    moment = Submission.objects.get(pk=ids[0]).created
    Submission.objects.filter(pk__in=ids[:3]).update(created=moment)
    return [*sorted(ids[:3]), *ids[3:]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_together_are_the_list_each_once(
    many: list[str], anybody: Program, alices: Program, limit: int
) -> None:
    public = [*many[:3], *many[4:]]
    assert walk(anybody, f"/submissions?limit={limit}") == public
    assert walk(alices, f"/submissions?mine=true&limit={limit}") == many


def test_what_is_new_does_not_move_the_next_page(
    many: list[str], anybody: Program, submit: Any
) -> None:
    page = anybody.get("/submissions?limit=2").json()
    submit(name="New")
    following = anybody.get(f"/submissions?limit=2&cursor={page['next']}").json()
    assert [one["id"] for one in following["results"]] == [many[2], many[4]]


@pytest.mark.parametrize("change", ["x", "other", "cut", "long", "nul"])
def test_a_cursor_that_is_none_of_ours_is_refused(
    many: list[str], alices: Program, change: str
) -> None:
    cursor = alices.get("/submissions?limit=2").json()["next"]
    path = "/submissions?limit=2"
    given = {"x": f"x{cursor}", "cut": cursor[:-1], "long": "a" * 501, "nul": "%00"}
    if change == "other":
        path, given["other"] = "/submissions?mine=true", cursor
    answer = alices.get(f"{path}&cursor={given[change]}")
    assert answer.status_code == 422
    assert error(answer)["problems"][0]["place"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "9" * 30])
def test_a_limit_out_of_range_is_refused(anybody: Program, limit: str) -> None:
    assert anybody.get(f"/submissions?limit={limit}").status_code == 422


def test_ones_own_needs_somebody(anybody: Program) -> None:
    assert anybody.get("/submissions?mine=true").status_code == 401


def test_one_domain_only(many: list[str], anybody: Program) -> None:
    assert len(anybody.get("/submissions?domain=finance").json()["results"]) == 6
    for other in ("medical", "nowhere"):
        assert anybody.get(f"/submissions?domain={other}").json()["results"] == []


def test_the_number_of_queries_does_not_grow_with_the_page(
    many: list[str], anybody: Program, django_assert_num_queries: Any
) -> None:
    for limit in (2, 6):
        # Submissions, their attempts and scores; there are no tasks to ask for.
        with django_assert_num_queries(3):
            assert len(anybody.get(f"/submissions?limit={limit}").json()["results"]) == limit
