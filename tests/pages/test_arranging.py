"""Another order, only some entries; ranks stay."""

from __future__ import annotations

import pytest
from django.test import Client

from leaderboard.arranging import arrange, matches

from . import cast


def names(**asked: str) -> list[str]:
    return [row.name for row in arrange(cast.BOARD, asked).entries]


def test_without_wishes_a_board_is_as_it_was_ranked() -> None:
    view = arrange(cast.BOARD, {})
    assert view.entries == cast.ENTRIES and not view.changed
    assert view.average.order == "descending"


def test_a_cost_sorts_the_cheapest_first_and_a_score_the_best_first() -> None:
    assert names(sort="exchanged")[0] == "Rank 8 is enough"
    assert names(sort="fpb", order="nonsense")[0] == "Prox, gently"
    assert names(sort="exchanged", order="descending")[0].startswith("Two hundred")


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_what_is_missing_comes_last_both_ways(order: str) -> None:
    assert names(sort="time", order=order)[-1] == "Momentum on the server"


def test_a_header_leads_from_best_first_over_the_other_way_back_to_the_ranking() -> None:
    steps = [{}, {"sort": "memory"}, {"sort": "memory", "order": "descending"}]
    heads = [arrange(cast.BOARD, asked).costs[2] for asked in steps]
    assert [head.order for head in heads] == [None, "ascending", "descending"]
    assert [head.address for head in heads] == [
        "?protocol=clean&sort=memory",
        "?protocol=clean&sort=memory&order=descending",
        "?protocol=clean",
    ]


def test_an_overall_board_sorts_by_points_and_domains_another_by_what_is_above_chance() -> None:
    view = arrange(cast.OVERALL_BOARD, {"sort": "borda", "order": "ascending"})
    assert view.entries[0].name == "Momentum on the server"
    assert view.entries[-1].borda is None, "the incomplete line comes last"
    assert [head.column.title for head in view.tasks] == list(cast.DOMAINS)
    assert names(sort="corrected", order="ascending")[-1] == "Prox, gently"
    assert not arrange(cast.BOARD, {"sort": "borda"}).changed, "no such column there"


def test_an_unknown_column_is_ignored() -> None:
    assert names(sort="colour") == names()


def test_a_search_wants_every_word_somewhere() -> None:
    row = cast.ENTRIES[0]
    assert matches(row, "fedprox MISTRAL") and matches(row, "")
    assert not matches(row, "fedprox llama")
    assert names(search="fedavgm") == ["Momentum on the server"]


@pytest.mark.django_db
def test_the_page_shows_the_view_and_keeps_the_wishes_in_its_links(
    client: Client, records: object
) -> None:
    address = "/boards/finance/?protocol=official&sort=exchanged&search=fedavg"
    html = client.get(address).content.decode()
    body = html.split("<tbody")[1]
    assert body.index("Rank 8 is enough") < body.index("Long local work")
    assert "Prox, gently" not in body
    assert 'aria-sort="ascending"' in html and "Show as ranked" in html
    assert "?protocol=official&amp;search=fedavg&amp;sort=exchanged&amp;order=descending" in html


@pytest.mark.django_db
def test_a_search_is_never_markup(client: Client, records: object) -> None:
    html = client.get("/boards/finance/?search=%22><script>x</script>").content.decode()
    assert "<script>x" not in html and "&lt;script&gt;x" in html
