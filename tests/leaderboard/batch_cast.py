"""Scored entries that can be evaluated again, with engines and without."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from leaderboard import queries, services, storage
from leaderboard.models import Attempt, Batch, Submission
from leaderboard.services import batches, choosing
from leaderboard.services.entries import Version
from tests.leaderboard.helpers import recipe
from tests.leaderboard.scored import add_score, right

NEW = Version("1", "2")
"""What a batch of these tests evaluates with."""


def new_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluator 2 came out."""
    monkeypatch.setattr(choosing, "EVALUATOR_VERSION", NEW.evaluator)
    monkeypatch.setattr(choosing, "target_of", lambda domain: NEW)
    monkeypatch.setattr(batches, "target_of", lambda domain: NEW)


def entry(owner: Any, name: str, hits: int, plan: str = "", **changes: Any) -> Submission:
    """Published under evaluator 1 with `hits` of 100 right; `plan` is what evaluator 2 does."""
    submission = services.submit(owner, recipe(name=name, **changes))
    attempt = submission.attempts.get()
    adapter = _adapter(plan or "version=2")
    Attempt.objects.filter(pk=attempt.pk).update(stage="published", adapter=adapter)
    score(submission, hits, "1")
    return submission


def score(submission: Submission, hits: int, version: str, protocol: str = "clean") -> None:
    """A score with items by the newest attempt, and the rebuild that it asks for."""
    attempt = submission.attempts.order_by("-number").first()
    tasks = {"fpb": right(hits)}
    add_score(attempt, "finance", tasks, True, evaluator_version=version, protocol=protocol)
    services.mark_dirty("finance", protocol)


def finish(batch: Batch, hits: dict[str, int]) -> None:
    """Members get their score of the new version, by their submission's name, without engines."""
    for item in batch.items.select_related("submission", "attempt"):
        Attempt.objects.filter(pk=item.attempt_id).update(stage="published")
        score(item.submission, hits[item.submission.name], "2")


def board(protocol: Any = "clean") -> Any:
    """As readers see it once it is rebuilt."""
    services.rebuild_board("finance", protocol)
    return queries.board("finance", protocol)


def shown(protocol: Any = "clean") -> list[tuple[str, float | None]]:
    """Names and averages, best first, controls at the end."""
    page = board(protocol)
    return [(row.name, row.average) for row in (*page.entries, *page.controls)]


def begin(actor: Any, reason: str = "Evaluator 2 reads answers better.") -> Batch:
    """A batch of everything on the board."""
    return batches.start(actor, "finance", choosing.on_board("finance"), reason).batch


def _adapter(plan: str) -> str:
    """Digest of a stored tree that the fake engine reads."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plan.txt").write_text(plan)
        return storage.put_tree(Path(folder))
