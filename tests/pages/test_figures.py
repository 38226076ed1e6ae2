"""Numbers as readers see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from leaderboard.templatetags import figures


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (0.0042, "0.0042"),
        (0.000_000_12, "<0.00001"),
        (0.705, "0.705"),
        (2.913, "2.91"),
        (40.43, "40.4"),
        (705.6, "706"),
        (200_000, "200,000"),
    ],
)
def test_a_size_has_about_three_figures(value: float | None, shown: str) -> None:
    assert figures.figures(value) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.4, "0 s"),
        (42, "42 s"),
        (420, "7 min"),
        (4320, "1 h 12 min"),
        (7199, "2 h 00 min"),
        (86_400 * 3, "3 days"),
    ],
)
def test_a_duration_is_told_in_words(seconds: float | None, words: str) -> None:
    assert figures.duration(seconds) == words


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=5), "5 days ago"),
    ],
)
def test_a_moment_is_told_by_its_distance(past: timedelta, words: str) -> None:
    assert figures.ago(timezone.now() - past) == words


def test_one_is_not_many() -> None:
    assert figures.counted(1, "entry,entries") == "1 entry"
    assert figures.counted(1204, "entry,entries") == "1,204 entries"


def test_below_nought_stands_a_minus_and_not_a_hyphen() -> None:
    assert figures.share(-3.94) == "−3.9"


def test_what_is_missing_is_a_dash_and_never_nought() -> None:
    for write in (figures.share, figures.minutes, figures.loss, figures.whole, figures.ago):
        assert write(None) == figures.MISSING
