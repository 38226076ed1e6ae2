"""The client against the real API, over a real connection, on the site of the other tests."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from leaderboard.client import main
from leaderboard.models import Submission, Upload
from leaderboard.services import tokens
from tests.leaderboard.conftest import alice, bob, doorbell, site, small_hub  # noqa: F401
from tests.leaderboard.helpers import run_to_end
from tests.leaderboard.uploads.adapters import write

pytestmark = pytest.mark.django_db(transaction=True)

Flboard = Callable[..., int]
Said = pytest.CaptureFixture[str]

RUNS = Path(__file__).parents[3] / "shared" / "reference" / "runs" / "finance"
RECIPE = """\
name = "By hand"
domain = "finance"

[base]
model = "tiny/llama"

[train]
rounds = 3
"""
MEDICAL = ("--domain", "medical", "--name", "A row", "--visibility", "public")
SCORES = ("pubmedqa=70.4", "medmcqa=60.93", "medqa=65.82", "careqa=55.36")


@pytest.fixture
def flboard(live_server: Any, alice: Any, monkeypatch: pytest.MonkeyPatch) -> Flboard:  # noqa: F811
    """The command with Alice's token."""
    cache.clear()
    monkeypatch.setenv("FLBOARD_SERVER", live_server.url)
    made = tokens.make(alice, "test", ("read", "submit", "manage"))
    monkeypatch.setenv("FLBOARD_TOKEN", made.text)
    return lambda *words: main.main(words)


def scores(*pairs: str) -> tuple[str, ...]:
    return tuple(word for pair in pairs for word in ("--score", pair))


def test_a_recipe_is_checked_submitted_run_and_watched(
    flboard: Flboard, tmp_path: Path, capsys: Said
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.replace("rounds", "round"))
    assert flboard("check", str(recipe)) == 1
    assert "✗ line 8, train.round: unknown key" in capsys.readouterr().out
    recipe.write_text(RECIPE)
    assert flboard("check", str(recipe)) == 0
    assert not Submission.objects.exists()
    assert flboard("submit", str(recipe)) == 0
    submission = Submission.objects.get()
    assert f"Handed in as {submission.pk}" in capsys.readouterr().out
    run_to_end(submission.attempts.get())
    assert flboard("watch", submission.pk) == 0
    assert re.search(r"^clean +\d\d\.\d\d  \[", capsys.readouterr().out, re.MULTILINE)
    assert flboard("withdraw", submission.pk, "--reason", "a trial") == 0
    submission.refresh_from_db()
    assert submission.withdrawn_reason == "a trial"


def test_reported_numbers_get_their_verdicts_before_and_after(
    flboard: Flboard, tmp_path: Path, capsys: Said
) -> None:
    assert flboard("check", *MEDICAL, *scores("pubmedqa=59.94", *SCORES[1:])) == 0
    assert "! scores.pubmedqa: PubMedQA 59.94 % is no share of 500" in capsys.readouterr().out
    assert flboard("submit", *MEDICAL, *scores(*SCORES)) == 0
    submission = Submission.objects.get()
    assert submission.trust == "reported"
    assert flboard("export", submission.pk, "-o", str(tmp_path / "out")) == 0
    files = {file.name for file in (tmp_path / "out").rglob("*")}
    assert files == {"submission.json", "record.json"}
    page = json.loads((tmp_path / "out" / "submission.json").read_text())
    assert page["scores"][0]["average"] == pytest.approx(63.1275)
    assert flboard("submit", *MEDICAL, *scores(*SCORES)) == 1  # the same again
    assert "you handed in the same content before" in capsys.readouterr().err


def test_an_adapters_folder_is_packed_and_waits_for_evaluation(
    flboard: Flboard, tiny_hub: Path, tmp_path: Path, capsys: Said
) -> None:
    folder = str(write(tmp_path / "mine"))
    said = ("--name", "Mine", "--domain", "finance", "--base-model", "tiny/llama")
    assert flboard("check", folder, *said) == 0
    assert flboard("submit", folder, *said) == 0
    submission = Submission.objects.get()
    assert (submission.kind, submission.trust) == ("adapter", "evaluated")
    assert submission.attempts.get().stage == "waiting-evaluation"


@pytest.mark.skipif(not RUNS.is_dir(), reason="no reference runs on this machine")
def test_a_real_runs_outputs_are_recognised_and_wait_for_their_rescoring(
    flboard: Flboard, tmp_path: Path, capsys: Said
) -> None:
    folder = tmp_path / "outputs"
    folder.mkdir()
    for packed in RUNS.glob("generation_*.gz"):
        (folder / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    said = ("--name", "Outputs", "--domain", "finance")
    assert flboard("check", str(folder), *said) == 0
    assert "Outputs of FlowerTune: fiqa, fpb, tfns" in capsys.readouterr().out
    assert flboard("submit", str(folder), *said) == 0
    submission = Submission.objects.get()
    assert (submission.kind, submission.trust) == ("outputs", "recomputed")
    assert submission.attempts.get().stage == "waiting-evaluation"


def test_a_cancelled_one_ends_a_watch_as_not_done(
    flboard: Flboard, tmp_path: Path, capsys: Said
) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert flboard("submit", str(tmp_path / "recipe.toml")) == 0
    submission = Submission.objects.get()
    assert flboard("cancel", submission.pk) == 0
    assert flboard("cancel", submission.pk) == 1
    assert flboard("watch", submission.pk) == 1
    assert "cancelled" in capsys.readouterr().err.lower()


def test_a_large_file_arrives_in_pieces_and_is_told_what_it_is_not(
    flboard: Flboard, tmp_path: Path, capsys: Said
) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(random.Random(0).randbytes(9 * 1024**2))
    assert flboard("check", str(file), "--name", "Large", "--domain", "medical") == 1
    said = capsys.readouterr()
    assert "large.bin  8.0 MiB of 9.0 MiB" in said.err
    assert "✗" in said.out
    assert Upload.objects.get().received == 9 * 1024**2


def test_a_quota_ends_in_its_own_exit_code(flboard: Flboard, settings: Any, capsys: Said) -> None:
    settings.SUBMISSIONS_A_DAY = 0
    assert flboard("submit", *MEDICAL, *scores(*SCORES)) == 5
    assert "again in" in capsys.readouterr().err


def test_what_is_not_ones_own_is_not_there_or_forbidden(
    flboard: Flboard,
    bob: Any,  # noqa: F811
    capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert flboard("submit", *MEDICAL[:4], "--visibility", "private", *scores(*SCORES)) == 0
    private = Submission.objects.get()
    assert flboard("show", private.pk) == 0
    monkeypatch.setenv("FLBOARD_TOKEN", tokens.make(bob, "his", ("read", "submit")).text)
    assert flboard("show", private.pk) == 1
    assert flboard("publish", private.pk) == 3
    monkeypatch.setenv("FLBOARD_TOKEN", f"fl_{'x' * 43}")
    assert flboard("check", *MEDICAL, *scores(*SCORES)) == 3


def test_boards_are_listed_and_shown(flboard: Flboard, capsys: Said) -> None:
    assert flboard("board") == 0
    assert "medical         Medical, no entries" in capsys.readouterr().out
    assert flboard("board", "medical") == 0
    assert "Medical, clean protocol" in capsys.readouterr().out
    assert flboard("board", "nothing-there") == 1
