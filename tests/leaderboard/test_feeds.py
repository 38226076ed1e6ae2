"""Atom feeds: new public entries, stable, and unchanged bytes when nothing is new."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from leaderboard.models import Submission
from tests.leaderboard.scored import right, scored

pytestmark = pytest.mark.django_db(transaction=True)

ATOM = "{http://www.w3.org/2005/Atom}"


def entries(address: str = "/feed.atom") -> list[ElementTree.Element]:
    """What a reader of the feed sees."""
    response = Client().get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    return ElementTree.fromstring(response.content).findall(f"{ATOM}entry")


def text(entry: ElementTree.Element, name: str) -> str:
    return entry.findtext(f"{ATOM}{name}") or ""


@pytest.fixture
def published(alice: Any) -> Submission:
    """A public entry of Alice's at 70 %."""
    return scored(alice, "A run", {"fpb": right(70)})


def test_an_entry_is_told_with_its_score(published: Submission, settings: Any) -> None:
    (entry,) = entries()
    assert text(entry, "title") == "A run: 70.00 %"
    assert "Finance. FedAvg on tiny/llama, verified. 70.00 % on average" in text(entry, "summary")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"{settings.SITE_URL}/submissions/{published.pk}/"
    assert text(entry, "id") == f"tag:localhost,2026:/submissions/{published.pk}/"


def test_a_board_tells_its_own(published: Submission) -> None:
    assert len(entries("/boards/finance.atom")) == 1
    assert len(entries("/boards/overall.atom")) == 1
    assert entries("/boards/medical.atom") == []
    assert Client().get("/boards/nothing.atom").status_code == 404


def test_what_is_not_scored_is_not_told(submit: Any) -> None:
    submit()
    assert entries() == []


@pytest.mark.parametrize("visibility", ["private", "draft"])
def test_what_is_not_public_is_not_told(published: Submission, visibility: str) -> None:
    Submission.objects.update(visibility=visibility)
    assert entries() == []
    assert entries("/boards/finance.atom") == []


def test_its_owner_gets_no_other_feed(published: Submission, client: Client, alice: Any) -> None:
    Submission.objects.update(visibility="private")
    client.force_login(alice)
    assert published.name.encode() not in client.get("/feed.atom").content


def test_a_withdrawn_entry_is_gone(published: Submission) -> None:
    tag = Client().get("/feed.atom").headers["ETag"]
    Submission.objects.update(withdrawn_at=timezone.now(), withdrawn_reason="A mistake")
    response = Client().get("/feed.atom", headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert entries() == []


def test_controls_are_no_news(published: Submission) -> None:
    Submission.objects.update(is_control=True)
    assert entries() == []


def test_an_unchanged_feed_is_not_sent_again(published: Submission) -> None:
    first = Client().get("/feed.atom")
    again = Client().get("/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().get("/feed.atom").content == first.content


def test_the_newest_comes_first_by_when_it_became_public(alice: Any) -> None:
    first = scored(alice, "First", {"fpb": right(70)})
    scored(alice, "Second", {"fpb": right(60)})
    assert [text(entry, "title")[:6] for entry in entries()] == ["Second", "First:"]
    Submission.objects.filter(pk=first.pk).update(published_at=timezone.now())
    assert [text(entry, "title")[:6] for entry in entries()] == ["First:", "Second"]


def test_a_name_cannot_break_the_feed(published: Submission) -> None:
    Submission.objects.update(name="</title><script>\x08&amp;\x1b")
    (entry,) = entries()
    assert text(entry, "title") == "</title><script>&amp;: 70.00 %"


def test_an_empty_feed_is_a_feed(db: None) -> None:
    assert entries() == []
