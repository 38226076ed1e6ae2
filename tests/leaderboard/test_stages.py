"""The state table holds what it promises."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from leaderboard import models, queue, stages
from leaderboard.models import Attempt
from leaderboard.stages import STAGES


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda stage: stage.key)
def test_no_stage_but_an_end_is_without_a_timer(stage: stages.Stage) -> None:
    assert (stage.on_sweep is None) == stage.terminal
    assert stage.held == (stage.key in stages.HELD)


@pytest.mark.parametrize("key", stages.LIVE)
def test_every_stage_can_be_failed_and_cancelled(key: str) -> None:
    assert {"failed", "cancelled"} <= set(STAGES[key].next)


def test_every_stage_is_reached_from_the_first_and_reaches_an_end() -> None:
    reached, edge = set(), {stages.FIRST}
    while edge:
        reached |= edge
        edge = {to for key in edge for to in STAGES[key].next} - reached
    assert reached == set(STAGES)


def test_the_database_knows_the_same_stages() -> None:
    assert set(models.STAGE_KEYS) == set(STAGES)
    assert set(models.HELD_KEYS) == set(stages.HELD)


@pytest.mark.django_db
@pytest.mark.parametrize(("a", "b"), list(product(STAGES, STAGES)))
def test_only_moves_of_the_table_are_made(a: str, b: str) -> None:
    if b in STAGES[a].next:
        assert stages.move(0, a, 0, b) is False, "no such row"
    else:
        with pytest.raises(ValueError, match="not in the state table"):
            stages.move(0, a, 0, b)


@pytest.mark.django_db
def test_of_two_moves_one_wins(submit: Any) -> None:
    attempt = submit()
    assert stages.move(attempt.pk, attempt.stage, attempt.fence, "cancelled")
    assert not stages.move(
        attempt.pk, attempt.stage, attempt.fence, "failed", error_code="too-late"
    )


@pytest.mark.django_db
def test_leaving_a_held_stage_ends_the_lease(submit: Any) -> None:
    attempt = submit()
    claim = queue.claim(attempt.pk, "w")
    queue.release(claim)
    attempt.refresh_from_db()
    assert (attempt.lease_owner, attempt.lease_until, attempt.heartbeat_at) == ("", None, None)
    assert attempt.fence == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [
        {"stage": "daydreaming"},
        {"stage": "training"},  # without a lease
        {"stage": "failed"},  # without a code
    ],
)
def test_the_database_refuses_rows_that_cannot_be(submit: Any, broken: dict[str, Any]) -> None:
    attempt = submit()
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(**broken)


@pytest.mark.django_db
def test_a_submission_has_one_current_attempt(submit: Any) -> None:
    attempt = submit()
    attempt.pk, attempt.number = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        attempt.save()
