"""Handing in over the API: dry runs, both kinds of body, sending twice, quotas, files in pieces."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leaderboard.models import Membership, QuotaUse, Submission, Team

from .conftest import BAD, GOOD, RECIPE, Program, error

pytestmark = pytest.mark.django_db

NUMBERS = {
    "declared": {
        "name": "From a paper",
        "domain": "finance",
        "scores": {"fpb": 71.0, "fiqa": 60.0, "tfns": 66.0},
    }
}


def test_a_recipe_becomes_a_submission_that_waits(alice: Any, alices: Program) -> None:
    answer = alices.post("/submissions", GOOD)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    row = Submission.objects.get()
    assert (made["id"], made["kind"], made["trust"]) == (row.pk, "recipe", "verified")
    assert (made["stage"], made["position"], made["owner"]) == ("waiting-training", 1, "alice")
    assert made["url"] == answer["Location"] == f"http://testserver/submissions/{row.pk}/"
    assert alices.get(f"/submissions/{row.pk}").json() == made
    assert answer["Cache-Control"] == "no-store"


def test_a_recipe_may_come_as_a_file_too(alices: Program) -> None:
    file = SimpleUploadedFile("mine.toml", RECIPE.encode())
    answer = alices.form("/submissions", file=file, visibility="private")
    assert answer.status_code == 201, answer.content
    assert answer.json()["visibility"] == "private"


def test_numbers_alone_are_reported(alices: Program) -> None:
    answer = alices.post("/submissions", NUMBERS)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["kind"], made["trust"], made["stage"]) == ("numbers", "reported", "published")
    assert [task["accuracy"] for task in made["scores"][0]["tasks"]] == [71.0, 60.0, 66.0]


@pytest.mark.parametrize("path", ["/validate", "/submissions"])
def test_every_problem_comes_at_once_with_its_place(alices: Program, path: str) -> None:
    given = {**BAD, "visibility": "secret", "team": "others", "colour": 1}
    answer = alices.post(path, given)
    assert answer.status_code == (200 if path == "/validate" else 422)
    found = answer.json()["problems"] if path == "/validate" else error(answer)["problems"]
    places = {problem["place"] for problem in found}
    assert places == {"colour", "visibility", "team", "train.rounds", "base.model"}
    assert next(p["line"] for p in found if p["place"] == "train.rounds") == 8
    assert not Submission.objects.exists()


def test_a_dry_run_uses_and_stores_nothing(alice: Any, alices: Program, settings: Any) -> None:
    settings.SUBMISSIONS_A_DAY = 0
    answer = alices.post("/validate", GOOD).json()
    assert (answer["problems"], answer["found"]["kind"]) == ([], "recipe")
    assert answer["found"]["domain"] == "finance"
    assert answer["quota"]["limit"] == answer["quota"]["remaining"] == 0
    assert not Submission.objects.exists() and not QuotaUse.objects.exists()
    refused = alices.post("/submissions", GOOD)
    assert refused.status_code == 429 and error(refused)["code"] == "quota"
    assert 0 < int(refused["Retry-After"]) <= 86_400


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"recipe": "a", "recipe": "b"}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"declared": {"rounds": NaN}}', "application/json", 400),
        (b"{}", "application/json", 422),
        (b'{"recipe": 5, "declared": [], "team": {}}', "application/json", 422),
        (b'{"recipe": "name = \\u0000"}', "application/json", 422),
        (b'{"recipe": "' + b"a" * 70_000 + b'"}', "application/json", 422),
        (b"x" * 2_000_000, "application/json", 413),
        (b"recipe=1", "application/x-www-form-urlencoded", 415),
        (b"recipe", "text/plain", 415),
        (b"no boundary", "multipart/form-data", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 422),
    ],
)
@pytest.mark.parametrize("path", ["/submissions", "/validate"])
def test_a_body_that_is_none_is_refused_in_the_one_form(
    alices: Program, path: str, body: bytes, kind: str, status: int
) -> None:
    answer = alices.http.post(f"/api/v1{path}", body, kind, headers=alices.headers)
    if status == 422 and path == "/validate":
        assert answer.status_code == 200 and answer.json()["problems"]
    else:
        assert answer.status_code == status
        assert error(answer)["message"]
    assert not Submission.objects.exists()


def test_a_form_with_two_files_or_a_strange_field_is_refused(alices: Program) -> None:
    files = [SimpleUploadedFile("a.toml", RECIPE.encode()) for _ in range(2)]
    answer = alices.form("/submissions", file=files, other="1")
    places = {problem["place"] for problem in error(answer)["problems"]}
    assert {"file", "other"} <= places
    answer = alices.form("/submissions", second=SimpleUploadedFile("a.toml", b"x"))
    assert "second" in {problem["place"] for problem in error(answer)["problems"]}


def test_a_team_of_ones_own_is_taken_and_another_is_not(alice: Any, bob: Any, alices: Any) -> None:
    for slug, person in (("mine", alice), ("theirs", bob)):
        Membership.objects.create(team=Team.objects.create(slug=slug, name=slug), user=person)
    assert alices.post("/submissions", {**GOOD, "team": "mine"}).json()["team"] == "mine"
    refused = error(alices.post("/submissions", {**GOOD, "team": "theirs"}))
    unknown = error(alices.post("/submissions", {**GOOD, "team": "nowhere"}))
    assert refused["problems"][0]["place"] == unknown["problems"][0]["place"] == "team"
