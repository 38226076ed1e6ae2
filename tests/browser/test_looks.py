"""How the pages look: pictures for people, and what a machine can hold about them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from leaderboard import validation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

OPEN = {
    "home": "/",
    "board": "/boards/finance/",
    "board-official": "/boards/finance/?protocol=official",
    "board-empty": "/boards/finance-mini/",
    "overall": "/boards/overall/",
    "overall-empty": "/boards/overall-mini/",
    "run-training": "/submissions/k7m2xq/",
    "run-waiting": "/submissions/w8tnng/",
    "run-failed": "/submissions/f5jld9/",
    "run-published": "/submissions/p2bls8/",
    "methods": "/methods/",
    "method": "/methods/fedprox/",
    "about": "/about/",
    "tests": "/boards/medical/tests/",
    "sign-in": "/sign-in/",
    "sign-up": "/sign-up/",
    "password-reset": "/account/password/reset/",
    "api": "/api/v1/docs",
    "missing": "/nowhere/",
}
SIGNED_IN = {
    "mine": "/submissions/",
    "choose": "/submit/",
    "submit": "/submit/finance-mini",
    "submit-toml": "/submit/finance-mini?as=toml",
    "run-own": "/submissions/k7m2xq/",
    "account": "/account/",
    "email": "/account/email/",
    "codes": "/account/codes/",
    "teams": "/teams/",
    "upload": "/submit/upload",
    "tokens": "/tokens/",
    "notices": "/notices/",
}
WIDTHS = {"wide": 1440, "middle": 900, "narrow": 360}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the pictures go: PICTURES, or a temporary folder."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sign_in(page: Any, base: str) -> None:
    page.goto(f"{base}/sign-in/")
    page.fill("[name=login]", "alice")
    page.fill("[name=password]", "correct horse battery")
    page.click("main button")
    page.wait_for_url(f"{base}/")


def photograph(page: Any, target: Path) -> list[str]:
    """Take a page's picture and return what is wrong with it."""
    page.screenshot(path=target, full_page=True)
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"{page.url}: {overflow} px too wide"] if overflow > 0 else []


def refuse(page: Any, base: str) -> None:
    """Leave both forms as they look when much is wrong."""
    page.goto(f"{base}/submit/finance-mini")
    page.click("[value=fedprox]")
    wrong = {"method.fedprox.mu": "-1", "train.rounds": "0", "base.model": "no-slash"}
    for name, value in wrong.items():
        page.fill(f'form [name="{name}"]', value)
    page.click("button[value=check]")


def refuse_toml(page: Any, base: str) -> None:
    page.goto(f"{base}/submit/finance-mini?as=toml")
    page.fill("[name=text]", 'name = ""\ndomain = "finanse"\n\n[train]\nrounds = 0\ncolour = 3\n')
    page.click("button[value=check]")


def check(page: Any, base: str) -> None:
    page.goto(f"{base}/submit/finance-mini")
    page.fill("[name=name]", "Sound")
    page.click("button[value=check]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
def test_no_page_scrolls_sideways_or_breaks_its_own_rules(
    chromium: Any,
    live_server: Any,
    records: Any,
    alice: Any,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    width: str,
    scheme: str,
) -> None:
    context = chromium.new_context(
        viewport={"width": WIDTHS[width], "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    monkeypatch.setattr(validation, "check", lambda recipe: [])
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name, path in OPEN.items():
        page.goto(live_server.url + path)
        complaints += photograph(page, pictures / f"{name}-{width}-{scheme}.png")
    sign_in(page, live_server.url)
    for name, path in SIGNED_IN.items():
        page.goto(live_server.url + path)
        complaints += photograph(page, pictures / f"{name}-{width}-{scheme}.png")
    for state in (refuse, refuse_toml, check):
        state(page, live_server.url)
        complaints += photograph(page, pictures / f"{state.__name__}-{width}-{scheme}.png")
    context.close()
    assert complaints == []


def test_a_chosen_appearance_is_kept_and_there_before_anything_is_drawn(
    chromium: Any, live_server: Any, records: Any
) -> None:
    context = chromium.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{live_server.url}/about/")
    chosen = "document.documentElement.dataset.theme || 'system'"
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    for expected in ("light", "dark"):
        page.click("#theme")
        assert page.evaluate(chosen) == expected
    dark = page.evaluate(paper)
    assert dark != light
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => "
        "{ window.early = document.documentElement.dataset.theme })"
    )
    page.goto(f"{live_server.url}/methods/")
    assert page.evaluate("window.early") == "dark" and page.evaluate(paper) == dark
    page.click("#theme")
    assert page.evaluate(chosen) == "system" and page.evaluate(paper) == light
    context.close()


def test_everything_on_the_board_can_be_reached_by_keyboard(
    chromium: Any, live_server: Any, records: Any
) -> None:
    page = chromium.new_page()
    page.goto(f"{live_server.url}/boards/finance/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert {"Official", "JSON", "Prox, gently", "Untuned", "What is the difference?"} <= reached
    page.close()


def test_polling_moves_nothing_that_stays_the_same(
    chromium: Any, live_server: Any, records: Any
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{live_server.url}/submissions/k7m2xq/")
    shifts = """new Promise(done => { let sum = 0;
        new PerformanceObserver(list => { for (const e of list.getEntries()) sum += e.value })
            .observe({type: 'layout-shift'});
        setTimeout(() => done(sum), 4600) })"""
    with page.expect_response(lambda answer: answer.url.endswith("/live")):
        assert page.evaluate(shifts) < 0.001
    page.close()
