"""What can be held about the look without a browser: contrast, error pages, files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import permission_denied, server_error

STATIC = Path(__file__).resolve().parents[2] / "static"
SHEET = (STATIC / "site.css").read_text(encoding="utf-8")
PAIRS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", SHEET
    )
}
TEXT = ("ink", "ink-2", "ink-3", "accent", "good", "warn", "bad")
AA = 4.5


def brightness(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2: 21 is black on white."""
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_the_most_there_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, "paper") for text in TEXT),
        ("ink-2", "apart"),
        ("ink-3", "apart"),
        ("ink", "ground"),
        ("ink-2", "bad-soft"),
        ("bad", "bad-soft"),
        ("warn", "warn-soft"),
        ("accent", "accent-soft"),
        ("on-accent", "accent"),
    ],
)
def test_text_can_be_read_on_its_ground(text: str, ground: str, scheme: int) -> None:
    assert contrast(PAIRS[text][scheme], PAIRS[ground][scheme]) >= AA


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_a_field_can_be_seen(scheme: int) -> None:
    assert contrast(PAIRS["edge"][scheme], PAIRS["paper"][scheme]) >= 3


def test_nothing_is_fetched_from_elsewhere() -> None:
    own = [SHEET, *(file.read_text(encoding="utf-8") for file in STATIC.glob("*.js"))]
    assert not any(re.search(r"https?://|@import|url\(", text) for text in own)


def test_the_vendored_library_keeps_its_licence() -> None:
    assert (STATIC / "vendor/htmx/LICENSE").is_file()


def test_the_500_page_needs_neither_a_user_nor_the_database(rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()


@pytest.mark.django_db
def test_the_403_pages_are_ours(client: Client, rf: RequestFactory, records: Any) -> None:
    refused = permission_denied(rf.get("/"), PermissionError())
    assert "not yours to do" in refused.content.decode()
    strict = Client(enforce_csrf_checks=True)
    stale = strict.post("/sign-in/", {"username": "a", "password": "b"})
    assert stale.status_code == 403 and "The page was too old" in stale.content.decode()
