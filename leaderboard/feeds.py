"""Atom feeds of new entries, over all boards and of each."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from leaderboard import queries
from leaderboard.overall import subject_of
from leaderboard.queries import Told

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""When a feed without entries was last changed."""


class Feed(Atom1Feed):
    """Updated when its newest entry was: an unchanged feed has the same bytes."""

    changed = BEGINNING

    def latest_post_date(self) -> datetime:
        return self.changed


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """New entries of all boards."""
    title = "FlowerTune Leaderboard: new entries"
    return _answer(request, title, reverse("home"), queries.newest())


@require_safe
def board(request: HttpRequest, domain: str) -> HttpResponse:
    """New entries of one board."""
    about = subject_of(domain)
    if about is None:
        raise Http404(f"There is no board called {domain}.")
    title = f"FlowerTune Leaderboard, {about.title}: new entries"
    return _answer(request, title, reverse("board", args=[domain]), queries.newest(domain))


def _answer(request: HttpRequest, title: str, about: str, entries: list[Told]) -> HttpResponse:
    changed = max((entry.updated for entry in entries), default=BEGINNING)
    feed = Feed(
        title=title,
        link=f"{settings.SITE_URL}{about}",
        description="Entries as they are scored.",
        feed_url=f"{settings.SITE_URL}{request.path}",
        feed_guid=_tag(request.path),
        language="en",
    )
    feed.changed = changed
    for entry in entries:
        _add(feed, entry)
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    tag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"], response.headers["Cache-Control"] = tag, "no-cache"
    response.headers["Last-Modified"] = http_date(changed.timestamp())
    # By its tag alone: a withdrawn entry leaves the feed without making anything newer.
    return get_conditional_response(request, etag=tag, response=response) or response


def _add(feed: Feed, entry: Told) -> None:
    path = reverse("submission", args=[entry.submission_id])
    feed.add_item(
        title=_plain(f"{entry.name}: {_score(entry)}"),
        link=f"{settings.SITE_URL}{path}",
        description=_plain(
            f"{entry.domain_title}. {entry.method_title or 'No method named'} on "
            f"{entry.base_model or 'an unnamed base'}, {entry.trust}. {_interval(entry)}"
        ),
        author_name=_plain(entry.owner),
        unique_id=_tag(path),
        pubdate=entry.published,
        updateddate=entry.updated,
        categories=[entry.domain, entry.trust],
    )


def _score(entry: Told) -> str:
    return "not scored" if entry.average is None else f"{entry.average:.2f} %"


def _interval(entry: Told) -> str:
    if entry.average is None:
        return entry.unscored
    if entry.low is None or entry.high is None:
        return f"{entry.average:.2f} % on average."
    return f"{entry.average:.2f} % on average, 95 % interval {entry.low:.2f} to {entry.high:.2f}."


def _tag(path: str) -> str:
    """An id that stays when the site's address scheme does not (RFC 4151)."""
    host = settings.SITE_URL.partition("//")[2].partition(":")[0]
    return f"tag:{host},2026:{path}"


def _plain(text: str) -> str:
    """Without the control characters that XML cannot hold: one name must not end the feed."""
    return "".join(letter for letter in text if letter.isprintable() or letter == " ")
