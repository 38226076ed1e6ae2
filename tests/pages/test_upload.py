"""The upload page: checking, refusing with everything at once, handing in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from leaderboard.models import Membership, Submission, Team
from leaderboard.recipe_text import to_toml
from tests.leaderboard.conftest import doorbell, site, small_hub  # noqa: F401
from tests.leaderboard.helpers import recipe
from tests.leaderboard.uploads.adapters import write, zipped

pytestmark = pytest.mark.django_db

PAGE = "/submit/upload"


@pytest.fixture
def page(client: Client, alice: Any, site: Path, tiny_hub: Path) -> Client:  # noqa: F811
    """Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture
def chosen(tmp_path: Path) -> SimpleUploadedFile:
    """A sound adapter."""
    archive = zipped(write(tmp_path / "mine"), tmp_path / "mine.zip")
    return SimpleUploadedFile("mine.zip", archive.read_bytes())


def filled(**changes: Any) -> dict[str, Any]:
    return {"name": "Mine", "domain": "finance", "base_model": "tiny/llama", **changes}


def test_a_stranger_is_asked_to_sign_in(client: Client, db: Any) -> None:
    response = client.get(PAGE)
    assert response.status_code == 302 and "next=/submit/upload" in response.headers["Location"]


def test_the_quota_is_shown_before_anything_is_used(page: Client) -> None:
    html = page.get(f"{PAGE}?domain=finance").content.decode()
    assert "20 submissions of 20 left today" in html
    assert '<option value="finance" selected>' in html


def test_a_sound_upload_is_only_checked_without_the_button(page: Client, chosen: Any) -> None:
    response = page.post(PAGE, filled(file=chosen))
    html = response.content.decode()
    assert response.status_code == 200 and "This can be handed in" in html
    assert "LoRA of rank 4 on q_proj, v_proj" in html
    assert not Submission.objects.exists()


def test_submitting_goes_to_the_new_page(page: Client, chosen: Any) -> None:
    response = page.post(PAGE, filled(file=chosen, action="submit", visibility="private"))
    submission = Submission.objects.get()
    assert response.headers["Location"] == f"/submissions/{submission.pk}/"
    assert (submission.kind, submission.visibility) == ("adapter", "private")
    assert page.get(f"/submissions/{submission.pk}/").status_code == 200


def test_every_problem_is_shown_at_once(page: Client, tmp_path: Path) -> None:
    folder = write(tmp_path / "bad", use_dora=True, r=0)
    sent = SimpleUploadedFile("bad.zip", zipped(folder, tmp_path / "bad.zip").read_bytes())
    response = page.post(PAGE, filled(file=sent, name="", action="submit"))
    html = response.content.decode()
    assert response.status_code == 422
    assert "3 problems with this upload" in html
    assert "only plain LoRA is evaluated" in html and "a rank from 1 to 1024" in html
    assert not Submission.objects.exists()


def test_what_is_typed_wrongly_is_told_by_its_field(page: Client) -> None:
    wrong = {"rounds": "many", "links": "javascript:alert(1)", "scores": "fpb 81\nfiqa = 400"}
    html = page.post(PAGE, filled(**wrong)).content.decode()
    assert "<code>rounds</code>" in html and "<code>links.0</code>" in html
    assert "Line 1, <code>scores</code>" in html and "<code>scores.fiqa</code>" in html


def test_nothing_at_all_is_told(page: Client) -> None:
    response = page.post(PAGE, filled(action="submit"))
    assert response.status_code == 422
    assert "neither a file nor numbers were given" in response.content.decode()


def test_numbers_are_handed_in_without_a_file(page: Client) -> None:
    scores = "fpb = 81.27\nfiqa = 70.07 %\ntfns = 75.54"
    response = page.post(PAGE, filled(scores=scores, action="submit"))
    assert response.status_code == 302
    submission = Submission.objects.get()
    assert (submission.kind, submission.trust) == ("numbers", "reported")
    shown = page.get(f"/submissions/{submission.pk}/").content.decode()
    assert "reported" in shown and "81.3" in shown
    assert "Training loss by round" not in shown and 'id="log"' not in shown


def test_the_same_again_is_refused_with_a_link(page: Client, chosen: Any) -> None:
    page.post(PAGE, filled(file=chosen, action="submit"))
    chosen.seek(0)
    html = page.post(PAGE, filled(file=chosen)).content.decode()
    assert f'href="/submissions/{Submission.objects.get().pk}/"' in html


def test_a_used_up_day_is_told_and_nothing_handed_in(
    page: Client, chosen: Any, settings: Any
) -> None:
    settings.SUBMISSIONS_A_DAY = 0
    response = page.post(PAGE, filled(file=chosen, action="submit"))
    assert response.status_code == 429
    assert "0 of 0 submissions of today are used" in response.content.decode()
    assert not Submission.objects.exists()


def test_only_ones_own_teams_can_be_chosen(page: Client, alice: Any, chosen: Any) -> None:
    own = Team.objects.create(slug="own", name="Own team")
    Team.objects.create(slug="other", name="Other team")
    Membership.objects.create(team=own, user=alice)
    html = page.get(PAGE).content.decode()
    assert "Own team" in html and "Other team" not in html
    assert page.post(PAGE, filled(file=chosen, team="other", action="submit")).status_code == 422
    assert not Submission.objects.exists()


def test_words_of_an_upload_are_never_markup(page: Client, tmp_path: Path) -> None:
    sent = SimpleUploadedFile("<img src=x>.json", b"{}")
    html = page.post(PAGE, filled(file=sent, name="<b>bold</b>")).content.decode()
    assert "<img src=x>" not in html and "<b>bold" not in html


def test_looking_hands_nothing_in(page: Client) -> None:
    page.get(f"{PAGE}?action=submit&name=x&scores=fpb%20=%2050")
    assert not Submission.objects.exists()


def test_a_post_from_another_site_is_refused(alice: Any, site: Path) -> None:  # noqa: F811
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(PAGE, filled(action="submit")).status_code == 403


def test_the_page_of_an_upload_says_what_it_is_and_what_was_said_of_it(
    page: Client, chosen: Any
) -> None:
    said = {"licence": "MIT", "links": "https://example.org/paper", "rounds": "200"}
    page.post(PAGE, filled(file=chosen, action="submit", **said))
    submission = Submission.objects.get()
    html = page.get(f"/submissions/{submission.pk}/").content.decode()
    assert "trained elsewhere and is evaluated here" in html
    assert 'href="https://example.org/paper" rel="nofollow noopener"' in html
    assert "<dt>Licence</dt><dd>MIT</dd>" in html and "Training</b>" not in html
    assert page.get(f"/submissions/{submission.pk}/recipe.toml").status_code == 404


def test_a_recipe_can_be_handed_in_for_a_team_and_in_private(page: Client, alice: Any) -> None:
    team = Team.objects.create(slug="own", name="Own team")
    Membership.objects.create(team=team, user=alice)
    data = {
        "text": to_toml(recipe()),
        "team": "own",
        "visibility": "private",
        "action": "submit",
    }
    response = page.post("/submit/finance?as=toml", data)
    submission = Submission.objects.get()
    assert response.headers["Location"] == f"/submissions/{submission.pk}/"
    assert (submission.team, submission.visibility) == (team, "private")
    again = page.post("/submit/finance?as=toml", data | {"team": "other"})
    assert again.status_code == 422 and Submission.objects.count() == 1
