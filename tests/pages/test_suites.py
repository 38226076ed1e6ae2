"""The page that says what a board asks."""

from __future__ import annotations

import pytest
from django.test import Client

from evaluators.suites import SUITES

from .test_reading import INLINE, text_of


@pytest.mark.parametrize("domain", sorted(SUITES))
def test_every_test_of_a_board_is_described_without_a_query(client: Client, domain: str) -> None:
    page = client.get(f"/boards/{domain}/tests/")
    assert page.status_code == 200
    words = text_of(page)
    for task in SUITES[domain].tasks:
        assert task.title in words and task.dataset in words
    assert not INLINE.search(page.content.decode())


def test_the_quirks_of_official_are_told(client: Client) -> None:
    words = text_of(client.get("/boards/medical/tests/"))
    assert "“from A to E”; there are four" in words
    assert "published as medmcqa" in words
    assert "first question of a batch of 16" in words


def test_practice_says_so_and_an_unknown_board_is_not_found(client: Client) -> None:
    assert "Practice data" in text_of(client.get("/boards/code-mini/tests/"))
    assert client.get("/boards/nowhere/tests/").status_code == 404
