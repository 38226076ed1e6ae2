"""Re-evaluation on pages: Carol works with it, nobody else learns that it is there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leaderboard import services
from leaderboard.models import Attempt, AuditEvent, Batch, Submission
from leaderboard.services import batches, choosing
from tests.leaderboard.batch_cast import new_evaluator, score
from tests.leaderboard.conftest import doorbell, site, small_hub  # noqa: F401
from tests.leaderboard.scored import right, scored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evaluator_2(monkeypatch: pytest.MonkeyPatch) -> None:
    new_evaluator(monkeypatch)


@pytest.fixture
def carol(django_user_model: Any) -> Any:
    """She is staff."""
    return django_user_model.objects.create_superuser("carol", password="correct horse battery")


@pytest.fixture
def staff(client: Client, carol: Any) -> Client:
    client.force_login(carol)
    return client


@pytest.fixture
def board(alice: Any) -> dict[str, Submission]:
    """Two entries and the board that shows them."""
    found = {name: scored(alice, name, {"fpb": right(hits)}) for name, hits in HITS.items()}
    services.rebuild_board("finance", "clean")
    return found


HITS = {"One": 80, "Two": 50}


def start(client: Client, which: str = "board", what: str = "", reason: str = "Better.") -> Any:
    form = {"domain": "finance", "which": which, "what": what, "reason": reason}
    return client.post("/batches/start", form, follow=True)


def finish(batch: Batch, **hits: int) -> None:
    for item in batch.items.filter(submission__name__in=hits).select_related("submission"):
        Attempt.objects.filter(pk=item.attempt_id).update(stage="published")
        score(item.submission, hits[item.submission.name], "2")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_from_the_choice_to_the_flip(staff: Client, board: dict[str, Submission]) -> None:
    page = start(staff)
    assert "2 queued, 0 have a score of this version already." in text(page)
    batch = Batch.objects.get()
    address = f"/batches/{batch.pk}/"
    assert page.redirect_chain[-1][0] == address
    finish(batch, One=40, Two=52)
    page = text(staff.get(address))
    assert "1 changes by more than noise" in page
    assert "−40.0" in page and "outside" in page and "+2.0" in page
    done = staff.post(f"{address}flip", {"reason": "All were scored."}, follow=True)
    assert "The board shows the new version." in text(done)
    assert Batch.objects.get().state == "flipped"
    row = text(Client().get("/boards/finance/"))
    assert "evaluator 2" in row and row.index(">Two<") < row.index(">One<")
    page = text(Client().get(f"/submissions/{board['One'].pk}/"))
    assert "from evaluator 1 to 2: All were scored. This entry went from 80.0 to 40.0." in page


def test_a_submissions_page_shows_both_scores_while_the_board_waits(
    staff: Client, board: dict[str, Submission]
) -> None:
    start(staff)
    address = f"/submissions/{board['One'].pk}/"
    page = text(Client().get(address))
    assert "Evaluator 2 is scoring this again (waiting for evaluation)" in page
    assert "80.0" in page
    finish(Batch.objects.get(), One=40)
    page = text(Client().get(address))
    assert "Scored by evaluator 2; the board shows 1 until re-evaluation is complete." in page
    assert "80.0" in page and "40.0" in page


def test_who_would_vanish_has_to_be_ticked_one_by_one(
    staff: Client, board: dict[str, Submission]
) -> None:
    start(staff, "named", board["Two"].pk)
    batch = Batch.objects.get()
    finish(batch, Two=52)
    address, one = f"/batches/{batch.pk}/", board["One"].pk
    assert f'value="{one}"' in text(staff.get(address))
    refused = staff.post(f"{address}flip", {"reason": "Now."}, follow=True)
    assert "1 of the board would vanish for want of a new score" in text(refused)
    assert Batch.objects.get().state == "running"
    staff.post(f"{address}flip", {"reason": "One is lost.", "left_out": [one]})
    assert Batch.objects.get().state == "flipped"
    assert "This entry was left out" in text(Client().get(f"/submissions/{one}/"))


def test_a_failed_member_is_retried_or_the_batch_dropped(
    staff: Client, board: dict[str, Submission]
) -> None:
    start(staff)
    batch = Batch.objects.get()
    Attempt.objects.filter(stage="waiting-evaluation").update(
        stage="failed", error_code="x", error_message="<b>It broke.</b>", finished_at=timezone.now()
    )
    address = f"/batches/{batch.pk}/"
    assert "&lt;b&gt;It broke.&lt;/b&gt;" in text(staff.get(address))
    form = {"submission": board["One"].pk, "reason": "The disk is back."}
    assert "Queued again." in text(staff.post(f"{address}retry", form, follow=True))
    assert Attempt.objects.filter(stage="waiting-evaluation").count() == 1
    staff.post(f"{address}drop", {"reason": "Tomorrow."})
    assert Batch.objects.get().state == "dropped"
    assert not Attempt.objects.filter(stage="waiting-evaluation").exists()
    assert "Tomorrow." in text(staff.get(address))


@pytest.mark.parametrize(
    ("which", "what", "reason", "said"),
    [
        ("board", "", "", "A reason of 0 characters was given"),
        ("named", "nowhere", "Why not.", "There is no submission nowhere"),
        ("named", "", "Why not.", "Nothing was chosen"),
        ("older", "1", "Why not.", "Nothing was chosen"),
    ],
)
def test_what_cannot_be_started_says_why_and_leaves_nothing(
    staff: Client, board: Any, which: str, what: str, reason: str, said: str
) -> None:
    assert said in text(start(staff, which, what, reason))
    assert not Batch.objects.exists() and not AuditEvent.objects.exists()


def test_staff_find_the_way_from_a_board_and_a_submission(
    staff: Client, board: dict[str, Submission]
) -> None:
    one = board["One"].pk
    for address, link in (
        ("/boards/finance/", "/batches/?domain=finance"),
        (f"/submissions/{one}/", f"/batches/?domain=finance&amp;what={one}"),
    ):
        assert f'href="{link}"' in text(staff.get(address))
        assert "/batches/" not in text(Client().get(address))
    assert f'value="{one}"' in text(staff.get(f"/batches/?domain=finance&what={one}"))


POSTS = ("/batches/start", "/batches/{}/flip", "/batches/{}/drop", "/batches/{}/retry")


@pytest.mark.parametrize("person", ["nobody", "alice", "looker"])
def test_nobody_else_learns_of_batches_or_changes_one(
    client: Client, board: Any, alice: Any, carol: Any, django_user_model: Any, person: str
) -> None:
    batch = batches.start(carol, "finance", choosing.on_board("finance"), "Better.").batch
    finish(batch, One=40, Two=52)
    if person != "nobody":
        looker = django_user_model.objects.create_user("looker", is_staff=True)
        client.force_login(alice if person == "alice" else looker)
    wanted = 302 if person == "nobody" else 404
    for address in ("/batches/", f"/batches/{batch.pk}/"):
        assert client.get(address).status_code == wanted
    for address in POSTS:
        form = {"reason": "Mine.", "domain": "finance", "which": "board"}
        assert client.post(address.format(batch.pk), form).status_code == wanted
    batch.refresh_from_db()
    assert (batch.state, Batch.objects.count()) == ("running", 1)


def test_reading_changes_nothing(staff: Client, board: Any) -> None:
    start(staff)
    batch = Batch.objects.get()
    for address in POSTS:
        assert staff.get(address.format(batch.pk)).status_code == 405
    staff.get(f"/batches/{batch.pk}/")
    batch.refresh_from_db()
    assert batch.state == "running"
    assert staff.get("/batches/999/").status_code == 404
    assert staff.post("/batches/999/flip", {"reason": "x"}).status_code == 404


def test_pages_have_nothing_inline_and_ids_are_unique(
    staff: Client, board: dict[str, Submission]
) -> None:
    import re

    start(staff)
    finish(Batch.objects.get(), One=40)
    for address in ("/batches/", f"/batches/{Batch.objects.get().pk}/"):
        page = staff.get(address).content.decode()
        assert "<style" not in page and " style=" not in page and "onclick" not in page
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert page.count("<h1>") == 1
