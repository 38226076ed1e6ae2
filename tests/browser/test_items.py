"""Questions one by one in a real browser: no page too wide, nothing of a model's text that acts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.leaderboard import item_cast

from .test_looks import WIDTHS, photograph

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202eסוף" + "A" * 70_000


@pytest.fixture
def addresses(settings: Any, tmp_path: Path, alice: Any) -> dict[str, str]:
    """Pages of choices, of programs and of hostile texts."""
    options = {"location": tmp_path / "artifacts"}
    backend = {"BACKEND": "leaderboard.storage.Shelf", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    hostile = item_cast.choice(0, EVIL, EVIL, EVIL[:90], EVIL, output=EVIL, options=[EVIL] * 4)
    tasks = {
        "fpb": item_cast.stored(item_cast.FOUR, tmp_path),
        "fiqa": item_cast.stored(item_cast.PROGRAMS, tmp_path),
        "tfns": item_cast.stored([hostile], tmp_path),
    }
    made = item_cast.submission(alice)
    item_cast.score(made, tasks)
    base = f"/submissions/{made.pk}/items/clean"
    return {
        "items-choice": f"{base}/fpb/?show=wrong",
        "items-program": f"{base}/fiqa/",
        "items-hostile": f"{base}/tfns/",
        "items-none": f"{base}/fpb/?search=nothing",
        "item-choice": f"{base}/fpb/stem-1/?show=wrong",
        "item-program": f"{base}/fiqa/code-1/",
        "item-hostile": f"{base}/tfns/stem-0/",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
def test_no_page_of_questions_scrolls_sideways_or_runs_what_a_model_wrote(
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
    page.on("dialog", lambda asked: (complaints.append(asked.message), asked.dismiss()))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    for name, address in addresses.items():
        page.goto(live_server.url + address)
        complaints += photograph(page, folder / f"{name}-{width}-{scheme}.png")
    context.close()
    assert complaints == []


def test_questions_are_read_filtered_and_searched_without_javascript(
    chromium: Any, live_server: Any, addresses: dict[str, str]
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + addresses["items-choice"].partition("?")[0])
    page.click("text=Wrong 2")
    page.select_option("[name=group]", "astronomy")
    page.fill("[name=search]", "planet")
    page.click("text=Show")
    assert page.url.endswith("?show=wrong&group=astronomy&search=planet")
    page.click(".items .asked a")
    assert page.inner_text("h1").endswith("question 4")
    assert "1 of 1 shown" in page.inner_text(".nearby")
    context.close()
