"""A run's clients in a real browser: pictures, reading a bar by keyboard, turning to a round."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from leaderboard.models import Attempt, Submission
from tests.leaderboard import client_cast, item_cast

from .test_looks import WIDTHS, photograph

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

LONG = "a label that goes on and on " + "W" * 60
TIP = ".turn:focus-visible .tip"


@pytest.fixture
def made(settings: Any, tmp_path: Path, alice: Any) -> Submission:
    """Alice's published submission, its files in a folder of this test."""
    options = {"location": tmp_path / "artifacts"}
    backend = {"BACKEND": "leaderboard.storage.Shelf", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    return item_cast.submission(alice)


@pytest.fixture
def addresses(made: Submission, alice: Any) -> dict[str, str]:
    """An everyday run, one of very many clients, and one whose files are broken."""
    second, third = (item_cast.submission(alice, name) for name in ("Many", "Broken"))
    labels = [f"{n}, {LONG}" for n in range(12)]
    many = client_cast.profile(rounds=3, clients=300, of=400, workers=40)
    broken = client_cast.SMALL + b"{"
    return {
        "clients": client_cast.keep(made, client_cast.profile(), client_cast.partition())
        + "?round=9",
        "clients-many": client_cast.keep(second, many, client_cast.partition(400, labels)),
        "clients-broken": client_cast.keep(third, broken, b"?"),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
def test_no_picture_of_clients_is_too_wide_or_breaks_the_rules(
    chromium: Any,
    live_server: Any,
    addresses: dict[str, str],
    tmp_path: Path,
    width: str,
    scheme: str,
) -> None:
    context = chromium.new_context(
        viewport={"width": WIDTHS[width], "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    for name, address in addresses.items():
        page.goto(live_server.url + address)
        complaints += photograph(page, folder / f"{name}-{width}-{scheme}.png")
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        complaints += photograph(page, folder / f"{name}-open-{width}-{scheme}.png")
    context.close()
    assert complaints == []


@pytest.mark.parametrize("width", list(WIDTHS))
def test_each_bar_is_read_by_keyboard_inside_the_page(
    chromium: Any, live_server: Any, addresses: dict[str, str], width: str
) -> None:
    page = chromium.new_page(viewport={"width": WIDTHS[width], "height": 900})
    page.goto(live_server.url + addresses["clients"])
    page.focus("select[name=round]")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement.matches('.turn')"):
        page.keyboard.press("Tab")
    shown = page.locator(TIP)
    assert re.match(r"Client \d+ took [\d.]+ s from", shown.nth(0).text_content())
    assert "examples" in shown.nth(1).text_content()
    for n in range(2):
        assert (
            page.evaluate(f"getComputedStyle(document.querySelectorAll('{TIP}')[{n}]).visibility")
            == "visible"
        )
        box = shown.nth(n).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= WIDTHS[width]
    page.close()


def test_a_round_is_chosen_without_javascript(
    chromium: Any, live_server: Any, addresses: dict[str, str]
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + addresses["clients"])
    page.select_option("select[name=round]", "4")
    page.click(".turn-to button")
    assert page.url.endswith("?round=4#round")
    assert page.inner_text("#round h3") == "Who worked when: round 4"
    page.click(".turn-to [rel=next]")
    assert page.inner_text("#round h3") == "Who worked when: round 5"
    page.click(".sortable thead >> text=Memory")
    assert page.url.endswith("?round=5&sort=memory#sheet")
    assert page.inner_text("#round h3") == "Who worked when: round 5"
    context.close()


def test_the_clients_appear_by_themselves_when_training_ends(
    chromium: Any, live_server: Any, made: Submission
) -> None:
    attempts = Attempt.objects.filter(submission=made)
    attempts.update(stage="training", lease_owner="w", lease_until=made.created)
    page = chromium.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{live_server.url}/submissions/{made.pk}/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(lambda answer: answer.url.endswith("/live")):
        pass
    assert page.locator("#ran-title").count() == 0
    client_cast.keep(made, client_cast.SMALL)
    attempts.update(stage="waiting-evaluation", lease_owner="", lease_until=None)
    page.wait_for_selector("#ran-title")
    for _ in range(2):
        with page.expect_response(lambda answer: answer.url.endswith("/live")):
            pass
    assert [address.rpartition("/")[2] for address in asked].count("clients") == 1, "asked once"
    page.close()
