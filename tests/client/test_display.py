"""The bar, the lines in its place, and texts of others that must not steer a terminal."""

from __future__ import annotations

import io

import pytest

from leaderboard.client.display import BAR, Line, bar, duration, plain, size, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminals_line_is_redrawn_in_place() -> None:
    out = Terminal()
    line = Line(out)
    line.show("one", 0, 4)
    line.show("two", 2, 4)
    line.end()
    half = "█" * (BAR // 2) + "░" * (BAR // 2)
    assert out.getvalue() == f"\r\x1b[2K{'░' * BAR}  one\r\x1b[2K{half}  two\n"


def test_elsewhere_a_line_is_printed_only_when_something_moved_on() -> None:
    out = io.StringIO()
    line = Line(out)
    for done in range(101):
        line.show(f"{done}", done, 100)
    line.show("the same step, another stage", 100, 100, "evaluating")
    line.end()
    wanted = [str(done) for done in range(0, 101, 10)]
    assert out.getvalue().splitlines() == [*wanted, "the same step, another stage"]


def test_nothing_to_do_is_an_empty_bar() -> None:
    out = io.StringIO()
    Line(out).show("waiting", 0, 0)
    assert out.getvalue() == "waiting\n"
    assert bar(1.0) == "█" * BAR


def test_control_characters_are_not_passed_on() -> None:
    assert plain("a\x1b[31mb\r\nc\u202e") == "a�[31mb��c�"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024**2, "5.0 MiB"),
     (3 * 1024**3, "3.0 GiB"), (5000 * 1024**3, "5000.0 GiB")],
)  # fmt: skip
def test_bytes_are_said_in_the_nearest_unit(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(20, "under a minute"), (60, "1 min"), (3600, "60 min"), (7260, "2 h 1 min")],
)
def test_a_duration_is_said_in_minutes_and_hours(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_table_stands_words_to_the_left_and_numbers_to_the_right() -> None:
    assert table(["n", "word"], [[10, "a"], [2, "long one"]], words=(1,)).splitlines() == [
        " n  word", "──  ────────", "10  a", " 2  long one",
    ]  # fmt: skip
