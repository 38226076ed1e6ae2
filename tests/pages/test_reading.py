"""Pages that anybody may read, on made-up records."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leaderboard import queries

from . import cast

pytestmark = pytest.mark.django_db

PUBLIC = [
    "/",
    "/boards/finance/",
    "/boards/finance/?protocol=official",
    "/boards/finance-mini/",
    "/boards/finance.json",
    "/boards/overall/",
    "/boards/overall-mini/",
    "/boards/overall.json",
    *(f"/submissions/{key}/" for key in cast.RUNS),
    *(f"/submissions/{key}/live" for key in cast.RUNS),
    "/submissions/p2bls8/recipe.toml",
    "/methods/",
    "/methods/fedprox/",
    "/methods/majority/",
    "/about/",
    "/sign-in/",
    "/healthz",
    "/robots.txt",
]
PRIVATE = ["/submissions/", "/submit/", "/submit/finance", "/submit/finance?as=toml"]
UNKNOWN = [
    "/boards/nowhere/",
    "/boards/nowhere.json",
    "/boards/finance/?protocol=kind",
    "/submissions/nobody/",
    "/submissions/nobody/live",
    "/submissions/nobody/recipe.toml",
    "/methods/nothing/",
    "/nowhere/",
]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)


def text_of(response: Any) -> str:
    """The visible words, tags taken out."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("path", PUBLIC)
def test_anybody_may_read(client: Client, records: Any, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", PRIVATE)
def test_submitting_and_ones_own_list_ask_to_sign_in(
    client: Client, records: Any, path: str
) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("sign-in") + "?next=/sub")


@pytest.mark.parametrize("path", [*PUBLIC, *PRIVATE])
def test_alice_may_read_everything_signed_in(
    client: Client, records: Any, alice: Any, path: str
) -> None:
    client.force_login(alice)
    expected = 302 if path == "/sign-in/" else 200
    assert client.get(path).status_code == expected


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_does_not_exist_is_404_and_says_so_kindly(
    client: Client, records: Any, path: str
) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("path", [*PUBLIC, "/nowhere/"])
def test_no_page_has_anything_inline_and_all_carry_the_policy(
    client: Client, records: Any, path: str
) -> None:
    response = client.get(path)
    assert not INLINE.search(response.content.decode())
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy


@pytest.mark.parametrize(
    "path", [path for path in PUBLIC if "." not in path and "live" not in path]
)
def test_every_page_has_one_heading_a_title_and_unique_ids(
    client: Client, records: Any, path: str
) -> None:
    if path == "/healthz":
        return
    html = client.get(path).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert html.count("<h1") == 1
    assert re.search(r"<title>[^<]{5,}</title>", html)
    assert len(ids) == len(set(ids))


def test_the_board_shows_rank_name_trust_interval_and_cost(client: Client, records: Any) -> None:
    shown = text_of(client.get("/boards/finance/"))
    assert "1 (1–2) Prox, gently verified Mistral-7B-v0.3 — FedProx · 200 rounds 84.1" in shown
    assert "84.1, 95 % interval 82.5 to 85.7" in shown
    assert "Exchanged, GB" in shown and "3.10" in shown
    assert "Questions: suite 1. Scoring: evaluator 1.0. Snapshot 42" in shown


def test_a_rank_says_how_sure_it_is_and_a_line_parts_the_groups(
    client: Client, records: Any
) -> None:
    html = client.get("/boards/finance/").content.decode()
    rows = re.findall(r'<tr role="row"( class="apart")?>\s*<td role="cell" class="rank"', html)
    assert [bool(apart) for apart in rows] == [False, False, True, False, True, *[False] * 4]
    assert 'title="Rank 2 to 4 at 95 %"' in html
    assert text_of(client.get("/boards/finance/")).count("separable from the first at 95 %") == 1
    by_cost = client.get("/boards/finance/?sort=exchanged").content.decode()
    assert 'class="apart"' not in by_cost and "separable" not in by_cost


def test_the_board_says_how_its_ranks_were_compared(client: Client, records: Any) -> None:
    shown = text_of(client.get("/boards/finance/"))
    assert "paired z-tests on shared items, Holm-corrected over 10 pairs at 5 %" in shown
    assert "4 pairs have no items in common and go by standard errors" in shown
    assert "no items in common" not in text_of(client.get("/boards/overall/"))
    assert "z-tests" not in text_of(client.get("/boards/overall-mini/"))


def test_an_overall_board_links_each_domain_and_says_what_a_line_lacks(
    client: Client, records: Any
) -> None:
    html = client.get("/boards/overall/").content.decode()
    shown = text_of(client.get("/boards/overall/"))
    assert "1 (1–1) Prox, gently verified Mistral-7B-v0.3 — FedProx · alice 52.6" in shown
    assert "44.6 74.0 55.7 36.1 9.5" in shown, "four domains and the points"
    assert "Incomplete: Code is missing" in shown
    assert all(f'href="/submissions/pro{n}/"' in html for n in range(4))
    assert 'href="/submit/overall' not in html, "nobody can submit to all domains at once"
    empty = client.get("/boards/overall-mini/").content.decode()
    assert "scored in every domain leads this board" in empty
    assert 'href="/submit/overall' not in empty


def test_every_board_is_reached_from_the_landing_page_and_from_each_other(
    client: Client, records: Any
) -> None:
    home = client.get("/").content.decode()
    for key in ("overall", "overall-mini", "finance", "finance-mini"):
        assert f'href="/boards/{key}/"' in home
    board = client.get("/boards/finance/?protocol=official").content.decode()
    assert 'href="/boards/overall/?protocol=official"' in board
    assert 'href="/boards/overall-mini/?protocol=official"' in board


def test_the_json_board_carries_rank_intervals_and_groups(client: Client, records: Any) -> None:
    third = json.loads(client.get("/boards/finance.json").content)["entries"][2]
    assert [third[key] for key in ("rank", "rank_low", "rank_high", "tier")] == [3, 2, 4, 2]
    assert third["corrected"] == pytest.approx(49.2)
    line = json.loads(client.get("/boards/overall.json").content)["entries"][0]
    assert (line["borda"], line["tasks"][1]["submission_id"]) == (9.5, "pro1")


def test_controls_stand_apart_and_carry_no_rank(client: Client, records: Any) -> None:
    html = client.get("/boards/finance/").content.decode()
    entries, controls = html.split("Controls: what an entry has to be compared with")
    assert "Majority class" in controls and "Majority class" not in entries
    assert 'aria-label="not ranked"' in controls and 'aria-label="not ranked"' not in entries


def test_practice_data_is_said_to_be_practice_data(client: Client, records: Any) -> None:
    assert "Practice data." in text_of(client.get("/boards/finance-mini/"))
    assert "Practice data." not in text_of(client.get("/boards/finance/"))


def test_an_empty_board_says_what_to_do(client: Client, records: Any) -> None:
    shown = text_of(client.get("/boards/finance-mini/"))
    assert "Nothing has been scored here yet" in shown and "Submit the first entry" in shown


def test_an_entry_that_could_not_be_scored_gives_its_reason_and_no_nought(
    client: Client, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = cast.row(None, "Lost", None)
    board = cast.BOARD._replace(entries=(*cast.ENTRIES, lost))
    monkeypatch.setattr(queries, "board", lambda domain, protocol: board)
    assert "Not scored: FiQA could not be loaded" in text_of(client.get("/boards/finance/"))


def test_the_json_board_is_the_same_board_and_answers_304_until_it_changes(
    client: Client, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/boards/finance.json")
    data = json.loads(first.content)
    assert data["entries"][0]["name"] == "Prox, gently"
    assert data["entries"][0]["tasks"][0]["key"] == "fpb"
    tag = {"HTTP_IF_NONE_MATCH": first.headers["ETag"]}
    assert client.get("/boards/finance.json", **tag).status_code == 304
    busier = cast.BOARD._replace(running=9)
    monkeypatch.setattr(queries, "board", lambda domain, protocol: busier)
    assert client.get("/boards/finance.json", **tag).status_code == 304
    newer = cast.BOARD._replace(sequence=43)
    monkeypatch.setattr(queries, "board", lambda domain, protocol: newer)
    assert client.get("/boards/finance.json", **tag).status_code == 200


@pytest.mark.parametrize("key", list(cast.RUNS))
def test_the_polled_fragment_is_the_one_in_the_page(client: Client, records: Any, key: str) -> None:
    page = client.get(f"/submissions/{key}/").content.decode()
    fragment = client.get(f"/submissions/{key}/live").content.decode()
    assert fragment.strip() in page


@pytest.mark.parametrize("key", list(cast.RUNS))
def test_a_page_asks_again_only_while_the_run_lives(client: Client, records: Any, key: str) -> None:
    page = client.get(f"/submissions/{key}/").content.decode()
    polls = 'hx-trigger="every 2s"' in page
    refreshes = '<noscript><meta http-equiv="refresh"' in page
    loads = "htmx.min.js" in page
    assert polls == refreshes == loads == cast.RUNS[key].live


def test_a_training_run_tells_where_it_is(client: Client, records: Any) -> None:
    shown = text_of(client.get("/submissions/k7m2xq/"))
    for words in ("Round 63 of 100", "Elapsed 36 min", "About left 21 min", "Sent, MiB 706"):
        assert words in shown
    assert "50 5 a round" in shown and "Last sign of life 2 s ago" in shown


def test_a_failed_run_shows_code_sentence_and_hint(client: Client, records: Any) -> None:
    shown = text_of(client.get("/submissions/f5jld9/"))
    assert "out-of-memory" in shown
    assert "round 1 asked for 31 GiB" in shown and "Try a smaller batch size" in shown


def test_a_published_run_shows_both_protocols_with_intervals(client: Client, records: Any) -> None:
    shown = text_of(client.get("/submissions/p2bls8/"))
    assert "84.1 % on average, 95 % interval 82.5 to 85.7" in shown
    assert "71.4 % on average, 95 % interval 69.8 to 73.0" in shown


def test_every_chart_has_its_table(client: Client, records: Any) -> None:
    html = client.get("/submissions/k7m2xq/").content.decode()
    table = html.split('id="loss-table"')[1].split("</table>")[0]
    assert table.count("<tr>") == 1 + len(cast.TRAINING.rounds)


def test_what_people_type_is_never_markup(
    client: Client, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    run = cast.FAILED._replace(
        name=evil,
        description=evil,
        owner=evil,
        log=(evil,),
        recipe_toml=evil,
        notes=(evil,),
        facts=((evil, evil),),
        failure=cast.Failure(evil, evil, evil),
    )
    board = cast.BOARD._replace(
        entries=tuple(cast.row(n, evil, 70.0 + n, gigabytes=float(n)) for n in (1, 2))
    )
    listed = [cast.listed(run)]
    monkeypatch.setattr(queries, "run", lambda key, user: run)
    monkeypatch.setattr(queries, "board", lambda domain, protocol: board)
    monkeypatch.setattr(queries, "submissions", lambda user, limit: listed)
    for path in ("/", "/boards/finance/", "/submissions/x/", "/submissions/x/live"):
        html = client.get(path).content.decode()
        assert "<script>alert" not in html and "<img src=x" not in html
        assert "&lt;script&gt;" in html


def test_the_recipe_file_is_plain_text(client: Client, records: Any) -> None:
    response = client.get("/submissions/p2bls8/recipe.toml")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content.decode() == cast.RECIPE


def test_pages_survive_another_language_setting(
    client: Client, records: Any, settings: Any
) -> None:
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    html = client.get("/boards/finance/").content.decode()
    assert not re.search(r'(x1|x2|cx|cy)="\d+,\d', html)


def test_clean_scores_stand_before_official_ones_of_the_same_version(
    client: Client, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tuple(card._replace(evaluator_version="0.9") for card in cast.SCORES)
    run = cast.PUBLISHED._replace(scores=tuple(reversed((*cast.SCORES, *older))))
    monkeypatch.setattr(queries, "run", lambda key, user: run)
    shown = re.findall(
        r'aria-label="(Clean|Official) scores"|evaluator ([\d.]+),', text_and_tags(client)
    )
    assert [a or b for a, b in shown] == [
        *("Clean", "1.0", "Official", "1.0"),
        *("Clean", "0.9", "Official", "0.9"),
    ]


def text_and_tags(client: Client) -> str:
    """A published run's page."""
    return client.get("/submissions/p2bls8/").content.decode()
