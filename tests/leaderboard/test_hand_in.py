"""Handing in every kind: what it becomes, and that a refusal leaves nothing."""

from __future__ import annotations

import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from federated.reading import Problem
from leaderboard import jobs, services, storage
from leaderboard.jobs import Failure, Outcome
from leaderboard.models import (
    Artifact,
    Attempt,
    BoardEntry,
    Membership,
    QuotaUse,
    Score,
    Submission,
    Team,
)
from leaderboard.recipe_text import to_toml
from leaderboard.services.hand_in import Refused, check, hand_in
from leaderboard.services.quota import OverQuota
from leaderboard.uploads import Declared, Found, read_declared
from tests.leaderboard.helpers import recipe, run_to_end
from tests.leaderboard.uploads.adapters import arrays, filled, write, zipped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tiny_hub")]

DECLARED = Declared(name="Mine", domain="finance", base_model="tiny/llama", licence="MIT")
NUMBERS = Declared(name="Theirs", domain="finance", scores={"fpb": 81.27, "fiqa": 70.07})


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A sound adapter as an archive."""
    return zipped(write(tmp_path / "mine"), tmp_path / "mine.zip")


def nothing_is_left(site: Path) -> bool:
    """No row, no stored file, no unpacked file."""
    folders = [site / "artifacts", site / "incoming"]
    files = [path for folder in folders if folder.exists() for path in folder.rglob("*")]
    rows = [Submission, Attempt, Artifact, Score]
    used = QuotaUse.objects.filter(used__gt=0)
    return not files and not used.exists() and not any(row.objects.exists() for row in rows)


def told(problems: Any) -> str:
    return "\n".join(map(str, problems))


def test_an_adapter_waits_for_evaluation_with_what_was_said_of_it(alice: Any, sent: Path) -> None:
    submission = hand_in(alice, sent, "mine.zip", DECLARED)
    assert (submission.kind, submission.trust, submission.upload_format) == (
        "adapter",
        "evaluated",
        "peft",
    )
    assert submission.declared == {
        "name": "Mine",
        "domain": "finance",
        "base_model": "tiny/llama",
        "licence": "MIT",
    }
    assert submission.base_pin["id"] == "tiny/llama"
    attempt = submission.attempts.get()
    assert (attempt.stage, attempt.adapter) == ("waiting-evaluation", submission.upload)
    kept = storage.manifest_of(submission.upload)
    assert kept.keys() == {"adapter_config.json", "adapter_model.safetensors"}


def test_an_adapter_is_evaluated_and_published(
    alice: Any, sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def engine(name: Any, path: Path, job: dict[str, Any], follower: Any) -> Any:
        asked.append(job)
        assert (path / job["adapter"] / "adapter_model.safetensors").is_file()
        (path / "adapter" / "plan.txt").write_text("score=0.75")
        return run(name, path, job, follower)

    run = jobs.run
    monkeypatch.setattr(jobs, "run", engine)
    submission = hand_in(alice, sent, "mine.zip", DECLARED)
    attempt = run_to_end(submission.attempts.get())
    assert attempt.stage == "published", attempt.error_message
    assert attempt.training_job is None and attempt.training_result is None
    assert asked[0]["base"]["id"] == "tiny/llama" and asked[0]["quantization"] == "none"
    assert Score.objects.get(protocol="clean").average == 0.75


def test_outputs_wait_for_scoring_and_are_given_to_the_engine(
    alice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found("outputs", "flowertune", "Outputs of FlowerTune", "finance")
    monkeypatch.setattr(services.hand_in, "look", lambda *_: found)
    source = tmp_path / "sent"
    source.write_text('{"a": 1}\n')
    submission = hand_in(alice, source, "generation_fpb_1.jsonl", Declared(name="Outputs"))
    assert (submission.kind, submission.trust, submission.domain) == (
        "outputs",
        "recomputed",
        "finance",
    )

    def engine(name: Any, path: Path, job: dict[str, Any], follower: Any) -> Outcome:
        assert (job["outputs"], job["format"]) == ("outputs", "flowertune")
        assert (path / "outputs" / "generation_fpb_1.jsonl").read_text() == '{"a": 1}\n'
        return Outcome("failed", None, Failure("seen", "Seen.", "", True))

    monkeypatch.setattr(jobs, "run", engine)
    assert run_to_end(submission.attempts.get()).error_code == "seen"


def test_numbers_are_published_at_once_as_reported_and_never_ranked(alice: Any) -> None:
    whole = NUMBERS.model_copy(update={"scores": {"fpb": 81.27, "fiqa": 70.08, "tfns": 75.5}})
    submission = hand_in(alice, None, "", whole)
    assert (submission.trust, submission.upload) == ("reported", "")
    score = submission.scores.get()
    assert score.average == pytest.approx((0.8127 + 0.7008 + 0.755) / 3)
    assert score.low < score.average < score.high
    assert [task.accuracy for task in score.tasks.all()] == [0.8127, 0.7008, 0.755]
    assert submission.attempts.get().stage == "published"
    assert services.rebuild_board("finance", "official")
    entry = BoardEntry.objects.get(submission=submission)
    assert (entry.rank, entry.trust) == (None, "reported")
    (finding,) = submission.findings
    assert finding["place"] == "scores.fiqa", "70.08 % is no share of 304 questions"


def test_a_part_of_the_numbers_has_no_average(alice: Any) -> None:
    score = hand_in(alice, None, "", NUMBERS).scores.get()
    assert score.average is None and "Not reported" in score.unscored


def test_what_was_said_of_the_cost_stands_beside_the_numbers(alice: Any) -> None:
    said = {"communication_mb": 2048.0, "rounds": 10, "trained_parameters": 5_000_000}
    submission = hand_in(alice, None, "", NUMBERS.model_copy(update=said))
    services.rebuild_board("finance", "official")
    entry = BoardEntry.objects.get(submission=submission)
    assert (entry.gigabytes, entry.rounds, entry.trained_millions) == (2.0, 10, 5.0)


def test_a_recipe_is_handed_in_as_ever(alice: Any, tmp_path: Path) -> None:
    text = to_toml(recipe())
    submission = hand_in(alice, None, "", Declared(), recipe_text=text)
    assert (submission.kind, submission.trust, submission.recipe_text) == (
        "recipe",
        "verified",
        text,
    )
    assert submission.attempts.get().stage == "waiting-training"
    file = tmp_path / "r.toml"
    file.write_text(to_toml(recipe(name="From a file")))
    assert hand_in(alice, file, "r.toml", Declared()).name == "From a file"


def test_a_refusal_tells_everything_and_leaves_nothing(
    alice: Any, site: Path, tmp_path: Path
) -> None:
    folder = write(tmp_path / "bad", use_dora=True)
    (folder / "optimizer.pt").write_bytes(b"x")
    with pytest.raises(Refused) as refused:
        hand_in(
            alice,
            zipped(folder, tmp_path / "bad.zip"),
            "bad.zip",
            Declared(),
            team="not-mine",
            visibility="secret",
        )
    said = told(refused.value.problems)
    for place in ("team", "visibility", "name", "domain", "optimizer.pt", "use_dora"):
        assert place in said
    assert nothing_is_left(site)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"hello", b"[" * 999])
def test_nonsense_leaves_nothing(alice: Any, site: Path, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "sent"
    source.write_bytes(content)
    with pytest.raises(Refused):
        hand_in(alice, source, "results_x.json", DECLARED)
    assert nothing_is_left(site)


def test_checking_uses_and_stores_nothing(alice: Any, site: Path, sent: Path) -> None:
    started = time.monotonic()
    checked = check(alice, sent, "mine.zip", DECLARED)
    assert time.monotonic() - started < 2
    assert checked.found.problems == () and checked.found.kind == "adapter"
    assert (checked.quota_left.limit, checked.quota_left.used) == (20, 0)
    assert nothing_is_left(site)


def test_the_same_content_by_the_same_owner_is_refused_with_its_place(
    alice: Any, sent: Path
) -> None:
    first = hand_in(alice, sent, "mine.zip", DECLARED)
    other = DECLARED.model_copy(update={"name": "Another name"})
    checked = check(alice, sent, "other.zip", other)
    assert checked.duplicates == (first,)
    with pytest.raises(Refused, match=f"/submissions/{first.pk}/"):
        hand_in(alice, sent, "other.zip", other)
    assert Submission.objects.count() == 1


def test_what_failed_may_be_handed_in_again(alice: Any, sent: Path) -> None:
    first = hand_in(alice, sent, "mine.zip", DECLARED)
    first.attempts.update(stage="failed", error_code="x")
    assert hand_in(alice, sent, "mine.zip", DECLARED).pk != first.pk


def test_the_same_content_by_another_owner_is_a_finding(alice: Any, bob: Any, sent: Path) -> None:
    first = hand_in(alice, sent, "mine.zip", DECLARED)
    second = hand_in(bob, sent, "his.zip", DECLARED)
    assert any(first.pk in finding["message"] for finding in second.findings)


def test_a_private_one_is_not_given_away_by_its_content(alice: Any, bob: Any, sent: Path) -> None:
    hand_in(alice, sent, "mine.zip", DECLARED, visibility="private")
    checked = check(bob, sent, "his.zip", DECLARED)
    assert checked.duplicates == ()
    assert not any("before" in warning.message for warning in checked.found.warnings)


def test_staff_give_no_private_one_away_either(alice: Any, carol: Any, sent: Path) -> None:
    hand_in(alice, sent, "mine.zip", DECLARED, visibility="private")
    assert hand_in(carol, sent, "hers.zip", DECLARED).findings == []


def test_an_adapter_without_effect_is_taken_and_flagged(alice: Any, tmp_path: Path) -> None:
    zeros = {
        name: (kind, shape, filled(kind, shape, 0.0)) for name, (kind, shape, _) in arrays().items()
    }
    source = zipped(write(tmp_path / "zero", zeros), tmp_path / "zero.zip")
    submission = hand_in(alice, source, "zero.zip", DECLARED)
    assert any("changes nothing" in finding["message"] for finding in submission.findings)


def test_nobody_hands_in_a_control_by_its_name(alice: Any, sent: Path) -> None:
    declared = DECLARED.model_copy(update={"method": "majority"})
    submission = hand_in(alice, sent, "mine.zip", declared)
    assert (submission.method, submission.is_control) == ("elsewhere", False)


def test_a_draft_is_stored_and_waits_for_nothing(alice: Any, sent: Path) -> None:
    draft = hand_in(alice, sent, "mine.zip", DECLARED, visibility="draft")
    assert not draft.attempts.exists() and draft.upload
    assert not QuotaUse.objects.filter(what="submissions").exists()
    services.visibility.publish(alice, draft)
    attempt = draft.attempts.get()
    assert (attempt.stage, attempt.adapter) == ("waiting-evaluation", draft.upload)


def test_numbers_cannot_be_a_draft(alice: Any) -> None:
    with pytest.raises(Refused, match="nothing to wait for"):
        hand_in(alice, None, "", NUMBERS, visibility="draft")


def test_a_team_is_ones_own(alice: Any, bob: Any, sent: Path) -> None:
    team = Team.objects.create(slug="readers", name="Readers")
    Membership.objects.create(team=team, user=alice)
    assert hand_in(alice, sent, "mine.zip", DECLARED, team="readers").team == team
    with pytest.raises(Refused, match="a team of yours wanted"):
        hand_in(bob, sent, "his.zip", DECLARED, team=team)


def test_the_days_submissions_run_out(alice: Any, sent: Path, settings: Any, site: Path) -> None:
    settings.SUBMISSIONS_A_DAY = 0
    with pytest.raises(OverQuota):
        hand_in(alice, sent, "mine.zip", DECLARED)
    assert nothing_is_left(site)


def test_storage_runs_out_and_gives_the_submission_back(
    alice: Any, sent: Path, settings: Any, site: Path
) -> None:
    settings.STORAGE_BYTES = 100
    with pytest.raises(OverQuota):
        hand_in(alice, sent, "mine.zip", DECLARED)
    assert nothing_is_left(site)


def test_a_name_that_is_a_path_goes_nowhere(alice: Any, site: Path, tmp_path: Path) -> None:
    source = tmp_path / "sent"
    source.write_text("{}")
    with pytest.raises(Refused, match="leads out"):
        hand_in(alice, source, "../../../../tmp/results_x.json", DECLARED)
    assert nothing_is_left(site)


def test_a_link_in_an_archive_reads_no_file_of_ours(alice: Any, site: Path, tmp_path: Path) -> None:
    source = tmp_path / "sent.zip"
    info = zipfile.ZipInfo("adapter_config.json")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(source, "w") as file:
        file.writestr(info, str(site / "secret"))
    with pytest.raises(Refused, match="is a link"):
        hand_in(alice, source, "a.zip", DECLARED)
    assert nothing_is_left(site)


def test_what_peft_saved_goes_all_the_way(alice: Any, peft_adapter: Path, tmp_path: Path) -> None:
    submission = hand_in(alice, zipped(peft_adapter, tmp_path / "p.zip"), "p.zip", DECLARED)
    config = storage.read(storage.manifest_of(submission.upload)["adapter_config.json"])
    assert json.loads(config)["base_model_name_or_path"] == "tiny/llama"


def test_what_a_killed_process_left_unpacked_goes_away_after_a_day(alice: Any, site: Path) -> None:
    old, new = site / "incoming" / "old", site / "incoming" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    os.utime(old, (0, 0))
    services.sweep()
    assert [path.name for path in (site / "incoming").iterdir()] == ["new"]


def test_what_a_database_cannot_hold_never_reaches_it(
    alice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = Problem("a\0b", None, "said \0", "\0")
    found = Found(
        "outputs", "lm-eval", "Outputs", "finance", base_model="x\0" * 200, warnings=(odd,)
    )
    monkeypatch.setattr(services.hand_in, "look", lambda *_: found)
    source = tmp_path / "sent"
    source.write_text("{}")
    submission = hand_in(alice, source, "a.json", Declared(name="Odd"))
    assert len(submission.base_model) == 120
    assert "\0" not in json.dumps([submission.base_model, submission.findings])
    assert "\\u0000" not in json.dumps([submission.base_model, submission.findings])


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 81])
def test_a_declaration_is_words_that_can_be_stored(name: str) -> None:
    declared, problems = read_declared({"name": name})
    assert declared is None and problems[0].place == "name"
