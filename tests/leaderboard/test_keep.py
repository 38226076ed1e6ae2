"""What an engine wrote of the clients stays with the run; without it a run counts as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leaderboard import services, storage
from leaderboard.services import keep as keeping
from tests.leaderboard.helpers import run_to_end

pytestmark = pytest.mark.django_db(transaction=True)


def test_both_files_are_stored_when_training_ends(submit: Any) -> None:
    attempt = submit("training:written")
    services.work(attempt.pk, "w")
    attempt.refresh_from_db()
    assert attempt.stage == "waiting-evaluation"
    assert storage.read(attempt.profiles) == b'{"event": "round", "round": 1}\n'
    assert storage.read(attempt.partition) == b'{"sizes": [3]}'


def test_a_run_without_them_is_published_as_well(submit: Any) -> None:
    attempt = run_to_end(submit())
    assert (attempt.stage, attempt.profiles, attempt.partition) == ("published", "", "")


def test_a_second_evaluation_keeps_the_files_of_the_training(submit: Any) -> None:
    attempt = run_to_end(submit("training:written"))
    again = services.reevaluate(attempt.submission)
    assert attempt.profiles and again.profiles == attempt.profiles
    assert attempt.partition and again.partition == attempt.partition


def test_a_link_a_folder_and_a_file_that_is_too_large_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    (tmp_path / "profiles.jsonl").symlink_to(secret)
    (tmp_path / "partition.json").mkdir()
    assert keeping.keep(tmp_path) == {}
    (tmp_path / "profiles.jsonl").unlink()
    (tmp_path / "profiles.jsonl").write_text("12345")
    limited = keeping.WRITTEN["profiles"]._replace(most_bytes=4)
    monkeypatch.setitem(keeping.WRITTEN, "profiles", limited)
    assert keeping.keep(tmp_path) == {}
    monkeypatch.setitem(keeping.WRITTEN, "profiles", limited._replace(most_bytes=5))
    assert storage.read(keeping.keep(tmp_path)["profiles"]) == b"12345"
