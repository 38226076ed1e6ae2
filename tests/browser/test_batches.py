"""Carol evaluates a board again in a real browser, from the form to the flip."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from leaderboard import services
from leaderboard.models import Attempt, Batch
from tests.leaderboard.batch_cast import new_evaluator, score
from tests.leaderboard.conftest import doorbell, site, small_hub  # noqa: F401
from tests.leaderboard.scored import right, scored

from .test_looks import WIDTHS, photograph

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

OLD = {"Prox, gently": 84, "Rank 8 is enough": 78, "Momentum on the server": 61}
NEW = {"Prox, gently": 52, "Rank 8 is enough": 79, "Momentum on the server": 61}


@pytest.fixture
def page(
    chromium: Any, live_server: Any, client: Any, alice: Any, django_user_model: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:  # fmt: skip
    """Carol's browser, before a board of three."""
    for name, hits in OLD.items():
        scored(alice, name, {"fpb": right(hits)})
    services.rebuild_board("finance", "clean")
    new_evaluator(monkeypatch)
    client.force_login(django_user_model.objects.create_superuser("carol", password="x"))
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def ranks(page: Any, base: str) -> list[str]:
    """Names on the public board, from the top."""
    page.goto(f"{base}/boards/finance/")
    return [name.strip() for name in page.locator("tbody th.entry a").all_inner_texts()]


def look(page: Any, tmp_path: Path, name: str) -> None:
    """In both schemes and all widths no page is too wide."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, pixels in WIDTHS.items():
            page.set_viewport_size({"width": pixels, "height": 900})
            assert photograph(page, folder / f"{name}-{width}-{scheme}.png") == []
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_board_is_evaluated_again_previewed_and_flipped(
    page: Any, live_server: Any, tmp_path: Path
) -> None:
    base = live_server.url
    assert ranks(page, base) == list(OLD)
    page.goto(f"{base}/batches/")
    look(page, tmp_path, "batches")
    page.select_option("#domain", "finance")
    page.fill("#reason", "Evaluator 2 reads answers in full.")
    page.click("text=Evaluate again")
    assert page.locator("text=3 queued").count() == 1
    address = page.url
    assert page.locator("section button:text('Flip the board')").is_disabled()
    assert ranks(page, base) == list(OLD)

    for item in Batch.objects.get().items.select_related("submission"):
        Attempt.objects.filter(pk=item.attempt_id).update(stage="published")
        score(item.submission, NEW[item.submission.name], "2")
    services.rebuild_board("finance", "clean")
    assert ranks(page, base) == list(OLD)
    page.goto(address)
    look(page, tmp_path, "batch")
    row = page.locator("tr:has-text('Prox, gently'):has-text('outside')")
    assert "−32.0" in row.inner_text()
    page.fill("#flip-reason", "All three were scored.")
    page.click("section button:text('Flip the board')")
    assert page.locator("text=The board shows the new version.").count() == 1

    assert ranks(page, base) == ["Rank 8 is enough", "Momentum on the server", "Prox, gently"]
    page.click("text=Prox, gently")
    assert page.locator("text=This entry went from 84.0 to 52.0.").count() == 1
    look(page, tmp_path, "history")
