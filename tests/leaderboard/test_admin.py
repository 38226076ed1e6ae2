"""The admin site: Carol looks and acts, others do not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client

from leaderboard import services
from leaderboard.models import Attempt, AuditEvent, Batch, Board, QuotaLimit, Submission
from tests.leaderboard.batch_cast import new_evaluator
from tests.leaderboard.helpers import run_to_end

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client, carol: Any) -> Client:
    client.force_login(carol)
    return client


OURS = [
    model
    for model in admin.site._registry
    if model._meta.app_label == "leaderboard" and model is not QuotaLimit
]


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


def act(client: Client, model: str, action: str, *ids: Any, reason: str = "It was asked.") -> Any:
    return client.post(
        f"/admin/leaderboard/{model}/",
        {"action": action, "_selected_action": ids, "reason": reason},
        follow=True,
    )


def test_staff_cancels_and_requeues(staff: Client, submit: Any, carol: Any) -> None:
    attempt = submit()
    assert b"is cancelled" in act(staff, "submission", "cancel", attempt.submission_id).content
    attempt.refresh_from_db()
    assert attempt.stage == "cancelled"
    page = act(staff, "submission", "requeue", attempt.submission_id)
    assert b"queued again" in page.content
    assert Attempt.objects.get(current=True).number == 2
    page = act(staff, "submission", "requeue", attempt.submission_id)
    assert b"only what failed can run again" in page.content
    events = AuditEvent.objects.order_by("pk")
    assert [(one.action, one.actor, one.reason) for one in events] == [
        ("cancel", carol, "It was asked."), ("requeue", carol, "It was asked."),
    ]  # fmt: skip
    assert events[0].before == {"number": 1, "stage": "waiting-training"}
    assert events[0].after == {"number": 1, "stage": "cancelled"}


@pytest.mark.parametrize("action", ["requeue", "reevaluate", "cancel", "fail", "flag", "unflag"])
def test_staff_does_nothing_without_a_reason(staff: Client, submit: Any, action: str) -> None:
    attempt = submit()
    page = act(staff, "submission", action, attempt.submission_id, reason=" ")
    assert b"1 to 1,000 are wanted" in page.content
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.submission.flagged_at) == ("waiting-training", None)
    assert not AuditEvent.objects.exists()


def test_staff_fails_a_run_and_its_page_says_why(staff: Client, submit: Any) -> None:
    attempt = submit()
    act(staff, "submission", "fail", attempt.submission_id, reason="It mines coins.")
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.error_code) == ("failed", "stopped-by-staff")
    page = staff.get(f"/submissions/{attempt.submission_id}/").content.decode()
    assert "It mines coins." in page


def test_a_flag_stands_on_row_and_page_until_it_is_taken_back(
    staff: Client, client: Client, submit: Any
) -> None:
    attempt = run_to_end(submit())
    services.rebuild_board("finance", "clean")
    pages = ("/boards/finance/", f"/submissions/{attempt.submission_id}/")
    act(staff, "submission", "flag", attempt.submission_id, reason="Trained on the test set?")
    assert all("Trained on the test set?" in Client().get(page).content.decode() for page in pages)
    assert Client().get("/boards/finance.json").json()["entries"][0]["flagged"]
    act(staff, "submission", "unflag", attempt.submission_id, reason="It was not.")
    assert not any("the test set?" in Client().get(page).content.decode() for page in pages)


def test_staff_starts_batches_from_submissions_and_from_boards(
    staff: Client, submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = run_to_end(submit())
    services.rebuild_board("finance", "clean")
    new_evaluator(monkeypatch)
    page = act(staff, "submission", "reevaluate", attempt.submission_id)
    assert b"Finance is queued" in page.content
    batch = Batch.objects.get()
    assert [item.submission_id for item in batch.items.all()] == [attempt.submission_id]
    services.batches.drop(None, batch, "Once more.")
    act(staff, "board", "reevaluate", Board.objects.get(domain="finance", protocol="clean").pk)
    assert Batch.objects.filter(state="running").get().items.count() == 1


def test_staff_gives_a_person_a_limit_of_their_own(staff: Client, alice: Any, carol: Any) -> None:
    form = {"user": alice.pk, "what": "submissions", "limit": 3, "reason": "A course."}
    staff.post("/admin/leaderboard/quotalimit/add/", form)
    assert services.quota.left(alice).limit == 3
    row = QuotaLimit.objects.get()
    assert staff.get(f"/admin/leaderboard/quotalimit/{row.pk}/change/").status_code == 200
    act(staff, "quotalimit", "remove", row.pk, reason="It is over.")
    assert services.quota.left(alice).limit != 3
    events = [(one.action, one.object_id, one.reason) for one in AuditEvent.objects.order_by("pk")]
    assert events == [
        ("limit", str(alice.pk), "A course."), ("limit", str(alice.pk), "It is over."),
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["submission", "quotalimit", "board", "batch", "auditevent"])
def test_who_may_only_look_may_not_act(client: Client, bob: Any, submit: Any, model: str) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(bob)
    attempt = submit()
    assert client.get(f"/admin/leaderboard/{model}/").status_code == 200
    assert client.get(f"/admin/leaderboard/{model}/add/").status_code == 403
    act(client, "submission", "cancel", attempt.submission_id)
    attempt.refresh_from_db()
    assert attempt.stage == "waiting-training"


def test_the_public_sees_no_admin(client: Client, alice: Any) -> None:
    client.force_login(alice)
    assert client.get("/admin/leaderboard/submission/").status_code == 302
    assert Submission.objects.count() == 0
