"""Cancel, publish, withdraw: by whoever may, and never by GET."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Program, error, hide

pytestmark = pytest.mark.django_db


def test_its_owner_cancels_a_run_once(submit: Any, alices: Program) -> None:
    path = f"/submissions/{submit().submission_id}/cancel"
    answer = alices.post(path)
    assert (answer.status_code, answer.json()["stage"]) == (200, "cancelled")
    assert alices.post(path).status_code == 409


@pytest.mark.parametrize("act", ["cancel", "publish", "withdraw"])
def test_another_person_may_not(
    submit: Any, anybody: Program, bobs: Program, carols: Program, act: str
) -> None:
    attempt = submit()
    body = {"reason": "Because."} if act == "withdraw" else {}
    path = f"/submissions/{attempt.submission_id}/{act}"
    assert anybody.post(path, body).status_code == 401
    refused = bobs.post(path, body)
    assert refused.status_code == 403 and error(refused)["code"] == "forbidden"
    hide(attempt.submission, visibility="private")
    assert bobs.post(path, body).status_code == 404
    attempt.refresh_from_db()
    assert attempt.stage == "waiting-training"
    assert carols.post(path, body).status_code == 200


def test_publishing_shows_a_private_one_to_everybody(
    published: Any, anybody: Program, alices: Program
) -> None:
    hide(published, visibility="private")
    path = f"/submissions/{published.pk}"
    assert anybody.get(path).status_code == 404
    assert alices.post(f"{path}/publish").json()["visibility"] == "public"
    assert anybody.get(path).status_code == 200
    assert alices.post(f"{path}/publish").status_code == 409


def test_withdrawing_needs_a_reason(published: Any, alices: Program) -> None:
    path = f"/submissions/{published.pk}/withdraw"
    for body in ({}, {"reason": "a\x00"}, {"reason": 5}):
        assert alices.post(path, body).status_code == 422
    assert alices.post(path, {"reason": " "}).status_code == 409
    assert alices.post(path, {"reason": "A leak."}).json()["withdrawn_reason"] == "A leak."


@pytest.mark.parametrize("act", ["cancel", "publish", "withdraw"])
def test_nothing_changes_by_get(submit: Any, alices: Program, act: str) -> None:
    attempt = submit()
    assert alices.get(f"/submissions/{attempt.submission_id}/{act}").status_code == 405
    attempt.refresh_from_db()
    assert attempt.stage == "waiting-training"
