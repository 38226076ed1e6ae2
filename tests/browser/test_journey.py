"""The whole way in a real browser: sign in, submit, watch it run, find it ranked.

Once on engines without models (fast), once on the real ones with the practice data (slow).
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .site import PASSWORD, Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NAME = "A journey & <b>back</b>"
LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
}


class Journey(NamedTuple):
    """Where to submit what, and how long it may take."""

    domain: str
    fields: dict[str, str]
    seconds: int


QUICK = Journey(
    "finance",
    {"base.model": "tiny/llama", "train.rounds": "3", "description": "slow=2"},
    seconds=90,
)
REAL = Journey("finance-mini", {"train.rounds": "3", "train.local_steps": "4"}, seconds=540)


def quick_site(folder: Path) -> Site:
    """Engines without models and a hub of two files."""
    hub = folder / "hub"
    table = hub / "datasets/flwrlabs/fingpt-sentiment-train/default/train.parquet"
    config = hub / "models/tiny/llama/config.json"
    for file, text in ((table, "not read here"), (config, json.dumps(LLAMA))):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    fake = "tests.leaderboard.fake_settings"
    return Site(folder, DJANGO_SETTINGS_MODULE=fake, HUB_MIRROR=str(hub))


def real_site(folder: Path) -> Site:
    """The site as `make demo` starts it."""
    return Site(folder, DJANGO_SETTINGS_MODULE="leaderboard.settings")


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A tab that complains about any script error or refused file."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(15_000)
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield tab
    context.close()
    assert [said for said in complaints if "Content Security" in said or "Error:" in said] == []


def sign_in_from_the_board(page: Any, site: Site, journey: Journey) -> None:
    """The Submit button of a board leads through the sign-in to that board's form."""
    page.goto(f"{site.url}/boards/{journey.domain}/")
    assert "Nothing has been scored here yet" in page.inner_text("main")
    page.click("header .button")
    page.fill("[name=login]", "alice")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"{site.url}/submit/{journey.domain}")


def refuse_check_submit(page: Any, journey: Journey) -> None:
    """Wrong first: told at its field, nothing lost. Then checked, then handed in."""
    page.fill("[name=name]", NAME)
    for name, value in journey.fields.items():
        page.fill(f'form [name="{name}"]', value)
    page.fill('[name="lora.rank"]', "0")
    page.click("button[value=submit]")
    assert "greater than or equal to 1" in page.inner_text('[id="field-lora.rank_error"]')
    assert page.input_value("[name=name]") == NAME
    page.fill('[name="lora.rank"]', "8")
    page.click("[value=fedprox]")
    assert page.is_visible('[name="method.fedprox.mu"]')
    page.click("button[value=check]")
    page.wait_for_selector("text=This recipe is sound")
    page.click("button[value=submit]")
    page.wait_for_url(re.compile(r"/submissions/\w+/$"))


def watch(page: Any, journey: Journey) -> None:
    """The page follows the run by itself: never reloaded, what was opened stays open."""
    page.evaluate("window.stayed = true")
    page.wait_for_selector("text=/Round/ >> visible=true", timeout=journey.seconds * 1000)
    page.click("#loss-table-summary")
    page.wait_for_selector("#loss-table tbody tr:nth-child(2)", timeout=journey.seconds * 1000)
    assert page.evaluate("document.getElementById('loss-table').open")
    done = "#run[data-stage=Published]"
    page.wait_for_selector(done, timeout=journey.seconds * 1000)
    assert page.evaluate("window.stayed") is True
    assert "Published" in page.title()
    assert page.inner_text("#spoken") == "Published"
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    page.wait_for_timeout(3000)
    assert polls == []
    assert "95 % interval" in page.inner_text(".scores")


def find_it_ranked(page: Any, site: Site, journey: Journey) -> None:
    """First of its board, for people and for programs, and in Alice's list."""
    page.goto(f"{site.url}/boards/{journey.domain}/")
    row = page.inner_text("table.board tbody tr:first-child")
    assert row.split()[0] == "1" and NAME in row and "FedProx" in row and "verified" in row
    with urllib.request.urlopen(f"{site.url}/boards/{journey.domain}.json") as answer:
        board = json.load(answer)
    assert [(entry["rank"], entry["name"]) for entry in board["entries"]] == [(1, NAME)]
    page.goto(f"{site.url}/submissions/")
    assert NAME in page.inner_text("main") and "Published" in page.inner_text("main")
    page.goto(site.url)
    assert any(NAME in card for card in page.locator(".leader").all_inner_texts())


@pytest.mark.parametrize(
    ("journey", "make_site"),
    [
        pytest.param(QUICK, quick_site, id="without-models"),
        pytest.param(REAL, real_site, id="practice-data", marks=pytest.mark.slow),
    ],
)
def test_alice_submits_watches_and_finds_her_entry_ranked(
    chromium: Any, page: Any, tmp_path: Path, journey: Journey, make_site: Any
) -> None:
    with make_site(tmp_path) as site:
        sign_in_from_the_board(page, site, journey)
        refuse_check_submit(page, journey)
        watch(page, journey)
        find_it_ranked(page, site, journey)


def test_without_scripts_a_run_is_handed_in_followed_and_cancelled(
    chromium: Any, tmp_path: Path
) -> None:
    with quick_site(tmp_path) as site:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{site.url}/submit/finance?as=toml")
        page.fill("[name=login]", "alice")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        recipe = 'name = "Plain"\ndomain = "finance"\ndescription = "slow=30"\n'
        page.fill("[name=text]", recipe + '[base]\nmodel = "tiny/llama"\n')
        page.click("button[value=submit]")
        page.wait_for_url(re.compile(r"/submissions/\w+/$"))
        # the page asks again by itself, through <noscript>
        page.wait_for_selector("#run[data-stage=Training]", timeout=30_000)
        page.click("#cancel-summary")
        page.click("#cancel-button")
        page.wait_for_selector("#run[data-stage=Cancelled]")
        assert page.locator("#cancel-button").count() == 0
        context.close()
