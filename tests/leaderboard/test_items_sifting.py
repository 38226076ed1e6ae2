"""Narrowing a list of items: every filter, the counts beside it, and addresses."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leaderboard import sifting
from leaderboard.item_records import Line, Option
from leaderboard.sifting import Asked

LINES = (
    Line(1, "t-0", "algebra", (0,), 1, True, ()),
    Line(2, "t-1", "algebra", (1,), 0, True, ()),
    Line(3, "t-2", "astronomy", (2,), 1, True, ()),
    Line(4, "t-3", "astronomy", (3,), 0, False, ()),
)
"""Right, wrong; right, wrong and not in form."""
TEXTS = ("what is a group\na", "what is a ring\nb", "what is a star\nc", "what is a planet\nd")
PROGRAMS = (
    Line(1, "c-0", "", (0, 1), 2, True, ("passed",)),
    Line(2, "c-1", "", (2, 3), 1, True, ("passed", "wrong answer")),
    Line(3, "c-2", "", (4, 5), 0, False, ("timed out", "wrong answer")),
)


def places(asked: Asked, lines: Sequence[Line] = LINES) -> list[int]:
    return [line.place for line in sifting.sift(lines, asked, lambda: TEXTS).lines]


def counts(options: Sequence[Option]) -> dict[str, int]:
    return {option.value: option.count for option in options}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(), [1, 2, 3, 4]),
        (Asked(show="right"), [1, 3]),
        (Asked(show="wrong"), [2, 4]),
        (Asked(show="unparsed"), [4]),
        (Asked(group="algebra"), [1, 2]),
        (Asked(search="star"), [3]),
        (Asked(search="WHAT Ring"), [2]),
        (Asked(show="wrong", group="astronomy"), [4]),
        (Asked(show="right", group="astronomy", search="planet"), []),
    ],
)
def test_each_filter_leaves_what_fits_in_order(asked: Asked, expected: list[int]) -> None:
    assert places(asked) == expected


def test_an_item_with_several_answers_is_right_partly_right_or_wrong() -> None:
    found = {show: places(Asked(show=show), PROGRAMS) for show in ("right", "partly", "wrong")}
    assert found == {"right": [1], "partly": [2], "wrong": [3]}


def test_an_outcome_finds_every_item_that_had_it_once() -> None:
    assert places(Asked(reason="wrong answer"), PROGRAMS) == [2, 3]
    assert places(Asked(reason="passed"), PROGRAMS) == [1, 2]


def test_words_are_looked_for_in_one_answer_and_not_across_answers() -> None:
    line = Line(1, "c-0", "", (0, 1), 0, True, ())
    texts = ("asked: alpha", "asked: beta")
    assert sifting.sift([line], Asked(search="asked beta"), lambda: texts).lines == (line,)
    assert sifting.sift([line], Asked(search="alpha beta"), lambda: texts).lines == ()


def test_counts_say_how_many_a_choice_would_leave_the_others_being_as_they_are() -> None:
    sifted = sifting.sift(LINES, Asked(show="wrong", group="algebra"), lambda: TEXTS)
    assert counts(sifted.shows) == {"": 2, "right": 1, "wrong": 1, "unparsed": 0}
    assert counts(sifted.groups) == {"": 2, "algebra": 1, "astronomy": 1}


def test_every_count_is_what_its_own_address_shows() -> None:
    sifted = sifting.sift(LINES, Asked(show="wrong", search="what"), lambda: TEXTS)
    for option in (*sifted.shows, *sifted.groups):
        values = dict(pair.split("=") for pair in option.query.removeprefix("?").split("&"))
        assert len(places(sifting.read(values))) == option.count


def test_there_is_no_choice_where_there_is_nothing_to_choose() -> None:
    plain = [line._replace(group="") for line in LINES]
    sifted = sifting.sift(plain, Asked(), lambda: TEXTS)
    assert sifted.groups == () and sifted.reasons == ()
    assert "partly" not in counts(sifted.shows)


def test_the_texts_are_only_read_for_a_search() -> None:
    def refuse() -> Sequence[str]:
        raise AssertionError("read without need")

    assert len(sifting.sift(LINES, Asked(show="right"), refuse).lines) == 2


def test_what_makes_no_sense_is_left_open() -> None:
    values = {"show": "best", "group": "poetry", "page": "-3", "search": "  "}
    assert places(sifting.read(values)) == [1, 2, 3, 4]
    for page in ("0", "x", "", "99999999999999999999", "²"):
        assert sifting.read({"page": page}).page == 1


def test_an_address_says_everything_that_was_asked_and_no_more() -> None:
    assert Asked().query() == ""
    asked = Asked(show="wrong", group="a&b", search="à la", page=3)
    assert asked.query() == "?show=wrong&group=a%26b&search=%C3%A0+la&page=3"
    assert asked.query(page=1, show="") == "?group=a%26b&search=%C3%A0+la"


def test_choosing_another_kind_starts_at_its_first_page() -> None:
    sifted = sifting.sift(LINES, Asked(show="wrong", page=7), lambda: TEXTS)
    assert {option.query for option in sifted.shows} == {
        "", "?show=right", "?show=wrong", "?show=unparsed",
    }  # fmt: skip
