"""Published scores that are run again at random, and the differences that are kept."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from leaderboard import queries, storage
from leaderboard.models import Attempt, DriftCheck, Submission
from leaderboard.services import NotPossible, drift, reproduction
from leaderboard.services.reproduce import Compared, Reproduction
from tests.leaderboard.helpers import REPOSITORY, run_to_end
from tests.leaderboard.scored import right, scored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entries(alice: Any) -> list[Submission]:
    """Six entries that were never run."""
    made = [scored(alice, f"Entry {n}", {"fpb": right(60 + n)}) for n in range(6)]
    Attempt.objects.update(training_job={"of": "training"}, evaluation_job={"of": "evaluation"})
    return made


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """What running again finds, for scores stored as 0.7; without engines."""
    found: list[float | None] = [0.7]
    compared = lambda *_: [Compared("clean", "fpb", 0.7, value) for value in found]  # noqa: E731
    monkeypatch.setattr(Reproduction, "run", compared)
    return found


def test_a_run_that_was_made_here_is_the_same_again(submit: Any) -> None:
    attempt = run_to_end(submit("score=0.7"))
    made = drift.check(attempt)
    assert made is not None
    assert (made.state, made.largest, made.error) == ("done", 0.0, "")
    assert len(made.tasks) == 6
    assert made.tasks[0] == {"protocol": "clean", "task": "fiqa", "stored": 0.7, "found": 0.7}


def test_an_adapter_that_was_handed_in_is_evaluated_again_and_not_trained(
    submit: Any, tmp_path: Any
) -> None:
    attempt = run_to_end(submit("score=0.7"))
    upload = attempt.adapter
    Submission.objects.update(kind="adapter", upload=upload)
    found = reproduction(attempt.submission_id)
    assert found.training is None
    assert found.handed_in == {"adapter": upload}
    compared = found.run(tmp_path / "again", say=lambda text: None)
    assert all(one.same for one in compared)
    assert sorted(storage.manifest_of(upload)) == sorted(
        file.name for file in (tmp_path / "again/evaluation/adapter").iterdir()
    )


def test_mere_numbers_cannot_be_run_again(entries: list[Submission]) -> None:
    Submission.objects.update(kind="numbers", trust="reported")
    with pytest.raises(NotPossible, match="made of numbers"):
        reproduction(entries[0].pk)
    with pytest.raises(CommandError, match="made of numbers"):
        call_command("reproduce", entries[0].pk)
    assert drift.sample(3) == []


def test_the_sample_is_of_what_anybody_may_see(entries: list[Submission]) -> None:
    Submission.objects.exclude(pk=entries[2].pk).update(visibility="private")
    assert [attempt.submission_id for attempt in drift.sample(5)] == [entries[2].pk]


def test_a_seed_draws_the_same_sample_again(entries: list[Submission]) -> None:
    first, again = ([a.pk for a in drift.sample(3, "2031-W07")] for _ in range(2))
    assert first == again
    assert len(set(first)) == 3
    others = {tuple(a.pk for a in drift.sample(3, f"week {n}")) for n in range(20)}
    assert len(others) > 5


def test_the_largest_difference_is_kept(entries: list[Submission], runs: list[Any]) -> None:
    runs[:] = [0.7, 0.68, 0.71]
    made = drift.check(drift.sample(1)[0])
    assert made is not None
    assert made.largest == pytest.approx(0.02)


@pytest.mark.parametrize(("stored", "found", "difference"), [
    (0.5, None, 1.0), (None, 0.5, 1.0), (None, None, 0.0), (0.5, 0.5, 0.0),
])  # fmt: skip
def test_a_score_that_is_gone_differs_by_everything(
    stored: float | None, found: float | None, difference: float
) -> None:
    assert drift.largest([{"stored": stored, "found": found}]) == difference


def test_a_week_is_shared_by_all_clocks(
    entries: list[Submission], runs: list[Any], settings: Any
) -> None:
    settings.DRIFT_SAMPLE = 3
    assert len(drift.this_week()) == 3
    assert drift.this_week() == []
    assert DriftCheck.objects.count() == 3
    assert len(set(DriftCheck.objects.values_list("week", flat=True))) == 1


def test_a_check_by_hand_may_be_made_any_number_of_times(
    entries: list[Submission], runs: list[Any]
) -> None:
    attempt = drift.sample(1)[0]
    assert drift.check(attempt) and drift.check(attempt)
    assert DriftCheck.objects.count() == 2


def test_an_engine_that_fails_is_kept_as_a_failure(
    entries: list[Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("The evaluation engine did not finish.")

    monkeypatch.setattr(Reproduction, "run", broken)
    made = drift.check(drift.sample(1)[0])
    assert made is not None
    assert (made.state, made.error, made.largest) == (
        "failed",
        "The evaluation engine did not finish.",
        None,
    )
    assert queries.drift(made.submission_id) is None


def test_the_command_tells_each_difference(entries: list[Submission], runs: list[Any]) -> None:
    out = io.StringIO()
    call_command("drift", "--sample", "2", "--seed", "a", stdout=out)
    assert out.getvalue().count("same") == 2
    runs[:] = [0.65]
    call_command("drift", stdout=out)
    assert "differs by up to 5.0000 points" in out.getvalue()
    with pytest.raises(CommandError, match="at least 1"):
        call_command("drift", "--sample", "0")


def test_the_command_says_when_there_is_nothing_to_run(db: None) -> None:
    with pytest.raises(CommandError, match="Nothing has been published"):
        call_command("drift")


def test_pages_tell_what_running_again_has_shown(
    client: Client, entries: list[Submission], runs: list[Any]
) -> None:
    attempt = entries[0].attempts.get()
    assert "None has been run again yet" in client.get("/about/").content.decode()
    drift.check(attempt)
    page = client.get(f"/submissions/{entries[0].pk}/").content.decode()
    assert "Run again 1 time" in page
    assert "every score was the same" in page
    runs[:] = [0.6775]
    drift.check(attempt)
    page = client.get(f"/submissions/{entries[0].pk}/").content.decode()
    assert "a test differed by 2.25 percentage points at most" in page
    about = " ".join(client.get("/about/").content.decode().split())
    assert "Of 2 such runs" in about
    assert "1 gave every score to the last digit" in about


def test_a_private_submission_does_not_count_on_the_about_page(
    entries: list[Submission], runs: list[Any]
) -> None:
    drift.check(entries[0].attempts.get())
    Submission.objects.update(visibility="private")
    assert queries.drift_summary() is None


@pytest.mark.parametrize(("sample", "ticks"), [("3", "drift,sweep"), ("0", "sweep")])
def test_the_clock_has_a_weekly_check_when_it_is_asked_for(
    sample: str, ticks: str, tmp_path: Path
) -> None:
    code = (
        "from django.conf import settings as s; from leaderboard import celery;"
        "print(','.join(sorted(s.CELERY_BEAT_SCHEDULE)))"
    )
    told = {"DJANGO_SETTINGS_MODULE": "leaderboard.settings", "STATE_DIR": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", code], env={**told, "DRIFT_SAMPLE": sample}, cwd=REPOSITORY,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.stdout.strip() == ticks
