"""The admin site: Carol looks and acts, others do not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client

from leaderboard.models import Attempt, Submission
from tests.leaderboard.helpers import run_to_end

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client, carol: Any) -> Client:
    client.force_login(carol)
    return client


OURS = [model for model in admin.site._registry if model._meta.app_label == "leaderboard"]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_and_row_can_be_read_and_none_edited(
    staff: Client, submit: Any, model: Any
) -> None:
    run_to_end(submit())
    base = f"/admin/leaderboard/{model._meta.model_name}/"
    assert staff.get(base).status_code == 200
    assert staff.get(f"{base}add/").status_code == 403
    row = model.objects.first()
    if row is not None:
        page = staff.get(f"{base}{row.pk}/change/")
        assert page.status_code == 200
        assert b'name="_save"' not in page.content


def act(client: Client, model: str, action: str, *ids: Any) -> Any:
    return client.post(
        f"/admin/leaderboard/{model}/",
        {"action": action, "_selected_action": ids},
        follow=True,
    )


def test_staff_cancels_and_requeues(staff: Client, submit: Any) -> None:
    attempt = submit()
    assert b"1 cancelled, 0 had ended" in act(staff, "attempt", "cancel", attempt.pk).content
    attempt.refresh_from_db()
    assert attempt.stage == "cancelled"
    page = act(staff, "submission", "requeue", attempt.submission_id)
    assert b"queued again" in page.content
    assert Attempt.objects.get(current=True).number == 2
    page = act(staff, "submission", "requeue", attempt.submission_id)
    assert b"only what failed can run again" in page.content


def test_who_may_only_look_may_not_act(client: Client, bob: Any, submit: Any) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(bob)
    attempt = submit()
    assert client.get("/admin/leaderboard/attempt/").status_code == 200
    act(client, "attempt", "cancel", attempt.pk)
    attempt.refresh_from_db()
    assert attempt.stage == "waiting-training"


def test_the_public_sees_no_admin(client: Client, alice: Any) -> None:
    client.force_login(alice)
    assert client.get("/admin/leaderboard/submission/").status_code == 302
    assert Submission.objects.count() == 0
