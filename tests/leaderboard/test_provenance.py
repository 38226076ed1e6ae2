"""Run records: everything that decided a score, for those who may read it; and other formats."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leaderboard import digests, eee, provenance, seal
from leaderboard.models import Attempt, Batch, BatchItem, Score, Submission
from leaderboard.services import audit, requeue
from tests.leaderboard.helpers import run_to_end
from tests.leaderboard.scored import right, scored

pytestmark = pytest.mark.django_db(transaction=True)

EEE = "every_eval_ever"


@pytest.fixture
def entry(alice: Any) -> Submission:
    """A scored entry of Alice's with stored items."""
    found = scored(alice, "Rank 8", {"fpb": right(70), "fiqa": right(50)})
    Submission.objects.filter(pk=found.pk).update(base_pin={"id": "a/b", "revision": "c" * 40})
    found.refresh_from_db()
    return found


def record_of(submission: Submission) -> dict[str, Any]:
    return provenance.record(submission.attempts.get(current=True))


def test_a_runs_record_says_what_decided_its_scores(submit: Any) -> None:
    attempt = run_to_end(submit("score=0.7"))
    record = json.loads(json.dumps(provenance.record(attempt)))
    submission = attempt.submission
    assert record["submission"]["sha256"] == submission.recipe_sha256
    assert record["submission"]["trust"] == "verified"
    assert record["attempt"]["triggered_by"] == {
        "how": "submission",
        "who": "alice",
        "reason": None,
    }
    assert record["attempt"]["times"]["training_seconds"] == 12.5
    assert record["attempt"]["times"]["finished"] == attempt.finished_at.isoformat()
    assert record["benchmark"]["suite"] == "finance"
    assert record["benchmark"]["sha256"] == digests.suite("finance", "1")
    assert record["evaluator"] == {"version": "1", "sha256": digests.evaluator()}
    assert record["base"] == submission.base_pin
    assert record["datasets"]["training"] == submission.dataset_pin
    assert record["seeds"]["training"] == submission.recipe["seed"]
    assert record["training"]["job"] == attempt.training_job
    assert record["adapter"] == attempt.adapter
    clean = record["scores"][0]
    assert (clean["protocol"], clean["average"]) == ("clean", 0.7)
    assert [task["task"] for task in clean["tasks"]] == ["fpb", "fiqa", "tfns"]
    assert all(len(task["items_sha256"]) == 64 for task in clean["tasks"])


def test_a_record_is_signed_and_no_figure_of_it_can_be_changed(entry: Submission) -> None:
    record = json.loads(json.dumps(record_of(entry)))
    assert seal.holds(record)
    assert seal.holds(record, record["signature"]["public_key"])
    record["scores"][0]["average"] = 0.99
    assert not seal.holds(record)
    assert not seal.holds({"a": 1})


def test_another_key_makes_another_signature(entry: Submission, settings: Any) -> None:
    record = record_of(entry)
    settings.SECRET_KEY = "b" * 50
    assert not seal.holds(record)
    assert seal.public_key() != record["signature"]["public_key"]


def test_the_public_key_can_be_read(client: Client, db: None) -> None:
    assert seal.public_key() in client.get("/about/").content.decode()


def test_the_ids_of_the_items_have_a_digest_of_their_own(entry: Submission) -> None:
    task = record_of(entry)["scores"][0]["tasks"][0]
    ids = "\n".join(f"fpb-{place}" for place in range(100))
    assert task["item_ids_sha256"] == digests.sha256(ids.encode())


def test_a_suites_digest_is_that_of_its_version_only() -> None:
    from evaluators.suites import SUITES

    version = SUITES["finance"].version
    assert len(digests.suite("finance", version) or "") == 64
    assert digests.suite("finance", f"{version}, first 5 a test") != digests.suite(
        "finance", version
    )
    assert digests.suite("finance", "0 of old") is None
    assert digests.suite("nothing", version) is None


def test_who_ran_it_again_is_told(submit: Any, carol: Any) -> None:
    attempt = run_to_end(submit("training:fail=x"))
    again = requeue(attempt.submission)
    audit.note(carol, "requeue", attempt.submission, reason="The disk was full.")
    assert provenance.record(again)["attempt"]["triggered_by"] == {
        "how": "run again",
        "who": "carol",
        "reason": "The disk was full.",
    }


def test_a_re_evaluation_names_its_batch(entry: Submission, carol: Any) -> None:
    batch = Batch.objects.create(
        domain="finance", suite_version="1", evaluator_version="2", reason="New", created_by=carol
    )
    attempt = entry.attempts.get()
    BatchItem.objects.create(batch=batch, submission=entry, attempt=attempt)
    assert provenance.record(attempt)["attempt"]["triggered_by"] == {
        "how": "re-evaluation",
        "who": "carol",
        "reason": "New",
    }


def test_a_record_is_downloaded(client: Client, entry: Submission) -> None:
    answer = client.get(f"/submissions/{entry.pk}/record.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{entry.pk}-1.json"'
    assert answer.json() == record_of(entry)
    assert client.get(f"/submissions/{entry.pk}/record.json?attempt=1").json() == answer.json()


@pytest.mark.parametrize("number", ["2", "x", "-1", "", "9" * 30, "²"])
def test_an_attempt_that_is_not_there_has_no_record(
    client: Client, entry: Submission, number: str
) -> None:
    assert client.get(f"/submissions/{entry.pk}/record.json?attempt={number}").status_code == 404


@pytest.mark.parametrize("file", ["record.json", "eee-clean.json"])
def test_a_private_record_is_its_owners_and_staffs(
    entry: Submission, alice: Any, bob: Any, carol: Any, file: str
) -> None:
    Submission.objects.update(visibility="private")
    address = f"/submissions/{entry.pk}/{file}"
    assert Client().get(address).status_code == 404
    for person, status in ((alice, 200), (bob, 404), (carol, 200)):
        client = Client()
        client.force_login(person)
        answer = client.get(address)
        assert answer.status_code == status
        assert "no-store" in answer.headers["Cache-Control"] or status == 404


def test_a_withdrawn_record_is_gone(client: Client, entry: Submission, alice: Any) -> None:
    Submission.objects.update(withdrawn_at=timezone.now(), withdrawn_reason="A mistake")
    client.force_login(alice)
    assert client.get(f"/submissions/{entry.pk}/record.json").status_code == 404
    assert client.get(f"/submissions/{entry.pk}/eee-clean.json").status_code == 404


def test_mere_numbers_have_a_record_too(entry: Submission) -> None:
    Submission.objects.update(kind="numbers", trust="reported", base_pin={}, dataset_pin={})
    Attempt.objects.update(training_result=None, training_job=None)
    entry.refresh_from_db()
    record = record_of(entry)
    assert (record["training"], record["evaluation"], record["base"]) == (None, None, None)
    converted = eee.convert(record, "clean")
    assert converted is not None
    assert converted["source_metadata"]["source_type"] == "documentation"
    assert converted["source_metadata"]["evaluator_relationship"] == "first_party"


def test_another_formats_record_has_the_same_numbers(client: Client, entry: Submission) -> None:
    answer = client.get(f"/submissions/{entry.pk}/eee-clean.json")
    found = answer.json()
    assert found["schema_version"] == "0.3.0"
    assert found["source_metadata"]["evaluator_relationship"] == "third_party"
    first = found["evaluation_results"][0]
    assert first["evaluation_name"] == "fpb"
    assert first["score_details"]["score"] == 0.7
    score = Score.objects.get().tasks.get(task="fpb")
    uncertainty = first["score_details"]["uncertainty"]
    assert uncertainty["num_samples"] == 100
    assert uncertainty["standard_error"]["value"] == score.stderr
    assert uncertainty["confidence_interval"]["lower"] == score.low
    path = answer.headers["X-Datastore-Path"].split("/")
    assert path[:4] == ["data", "flowertune-leaderboard", "alice", entry.pk]
    assert uuid.UUID(path[4].removesuffix(".json")).version == 4
    assert eee.path(record_of(entry), "clean") == answer.headers["X-Datastore-Path"]


def test_a_protocol_without_a_score_has_no_such_record(client: Client, entry: Submission) -> None:
    for protocol in ("official", "nothing"):
        assert client.get(f"/submissions/{entry.pk}/eee-{protocol}.json").status_code == 404


def validator() -> list[str]:
    """Their own program, where it is installed: it needs Python 3.12."""
    named = os.environ.get("EVERY_EVAL_EVER")
    found = named or shutil.which(EEE)
    if not found:
        pytest.skip(f"{EEE} is not installed (pip install every-eval-ever, Python 3.12)")
    return [found]


@pytest.mark.parametrize("trust", ["verified", "evaluated", "recomputed", "reported"])
@pytest.mark.parametrize("domain", ["finance", "code", "medical-mini"])
def test_their_own_program_accepts_our_record(
    alice: Any, tmp_path: Path, domain: str, trust: str
) -> None:
    from evaluators.suites import SUITES

    tasks = {task.key: right(40) for task in SUITES[domain].tasks}
    found = scored(alice, "Ünder & <over>", tasks, domain=domain)
    Submission.objects.update(trust=trust)
    found.refresh_from_db()
    record = record_of(found)
    where = eee.path(record, "clean")
    file = tmp_path / where
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(eee.convert(record, "clean")))
    command = [*validator(), "validate", "--format", "json", where]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
