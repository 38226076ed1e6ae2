"""Pages on made-up records: the reads are replaced, all else is the real site."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404

from leaderboard import queries
from leaderboard.clients.records import ClientsPage
from leaderboard.records import Standing

from . import cast


def fake_board(domain: str, protocol: str) -> Any:
    """Finance and the overall board have entries, every other board is an empty one."""
    boards = {
        "finance": cast.BOARD,
        "overall": cast.OVERALL_BOARD,
        "overall-mini": cast.EMPTY_OVERALL,
    }
    return boards.get(domain, cast.EMPTY_BOARD)._replace(protocol=protocol)


def fake_run(submission_id: str, user: Any) -> Any:
    """A run of the cast; whoever is signed in as Alice may cancel it."""
    if submission_id not in cast.RUNS:
        raise Http404
    run = cast.RUNS[submission_id]
    return run._replace(can_cancel=run.live and getattr(user, "username", "") == run.owner)


def fake_standing(submission_id: str, user: Any) -> Standing:
    """Everything of the cast is public."""
    run = queries.run(submission_id, user)
    return Standing(
        submission_id=submission_id,
        name=run.name,
        owner=run.owner,
        team="",
        team_name="",
        domain=run.domain,
        domain_title=run.domain_title,
        visibility="public",
        queued=True,
        withdrawn_at=None,
        withdrawn_reason="",
        flagged_reason="",
        created=run.created,
        may_change=getattr(user, "username", "") == run.owner,
    )


def fake_clients(submission_id: str, values: Any, user: Any = None) -> ClientsPage:
    """No run of the cast has files about its clients."""
    run = cast.RUNS.get(submission_id, cast.PUBLISHED)
    return ClientsPage(submission_id, run.stage in queries.AWAITED, None, None)


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace every read by the cast."""
    monkeypatch.setattr(queries, "board", fake_board)
    monkeypatch.setattr(queries, "run", fake_run)
    monkeypatch.setattr(queries, "standing", fake_standing)
    monkeypatch.setattr(queries, "clients", fake_clients)
    monkeypatch.setattr(queries, "drafts", lambda user: [])
    monkeypatch.setattr(queries, "landing", lambda: cast.CARDS)
    monkeypatch.setattr(queries, "overall_cards", lambda: cast.OVERALL_CARDS)
    monkeypatch.setattr(queries, "submissions", lambda user, limit: cast.LISTED[:limit])
    return cast


@pytest.fixture
def alice(db: Any, django_user_model: Any) -> Any:
    """She submits."""
    return django_user_model.objects.create_user("alice", password="correct horse battery")


@pytest.fixture
def bob(db: Any, django_user_model: Any) -> Any:
    """He is on another team."""
    return django_user_model.objects.create_user("bob", password="correct horse battery")
