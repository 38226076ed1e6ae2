"""The command line: submit, board, reproduce, sweep."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class

from leaderboard import services
from leaderboard.management.terminal import Display, board_text, line
from leaderboard.models import Submission
from leaderboard.queries import Watched, board
from tests.leaderboard.helpers import run_to_end

pytestmark = pytest.mark.django_db(transaction=True)

SOUND = 'name = "Mine"\ndomain = "finance"\n[base]\nmodel = "tiny/llama"\n[train]\nrounds = 3\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(SOUND)
    return path


def call(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=errors)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), errors.getvalue()
    return 0, out.getvalue(), errors.getvalue()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Does what waits whenever a watching command looks again."""
    from leaderboard.management import terminal
    from leaderboard.models import Attempt

    def work(_: float) -> None:
        for attempt in Attempt.objects.filter(current=True):
            services.work(attempt.pk, "w")

    monkeypatch.setattr(terminal.time, "sleep", work)
    return lambda: work(0)


def test_a_recipe_is_submitted_from_a_file(file: Path) -> None:
    code, out, _ = call("submit", str(file), "--set", "train.rounds=7")
    submission = Submission.objects.get()
    assert code == 0
    assert submission.pk in out
    assert submission.recipe["train"]["rounds"] == 7
    assert "rounds = 7" in submission.recipe_text
    assert not submission.owner.has_usable_password()


def test_every_problem_is_printed_with_file_and_line(file: Path) -> None:
    file.write_text(SOUND.replace("tiny/llama", "tiny/lama").replace("rounds = 3", "rounds = 0"))
    code, _, errors = call("submit", str(file))
    assert code == 2
    assert f"{file}:4: base.model: " in errors
    assert f"{file}:6: train.rounds: " in errors
    assert not Submission.objects.exists()


@pytest.mark.parametrize("override", ["train.rounds", "=3"])
def test_an_override_without_key_or_value_is_refused(file: Path, override: str) -> None:
    code, _, errors = call("submit", str(file), "--set", override)
    assert code == 2
    assert "KEY=VALUE was wanted" in errors


def test_a_missing_file_and_an_unknown_owner_are_told(file: Path) -> None:
    code, _, errors = call("submit", "nowhere.toml")
    assert code == 2 and "No such file" in errors
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call("submit", str(file), "--owner", "nobody")


def test_waiting_ends_with_the_scores(file: Path, alice: Any, worker: Any) -> None:
    code, out, _ = call("submit", str(file), "--owner", "alice", "--wait")
    assert code == 0
    assert "clean" in out and "50.00  [44.00, 56.00]" in out
    assert "Financial PhraseBank" in out


def test_waiting_for_a_run_that_fails_ends_with_its_reason(file: Path, worker: Any) -> None:
    code, _, errors = call(
        "submit", str(file), "--wait", "--set", "description=training:fail=diverged"
    )
    assert code == 1
    assert "diverged: Told to fail. Ask for something else." in errors


def test_a_board_is_an_aligned_table_with_controls_apart(submit: Any) -> None:
    run_to_end(submit("score=0.7", name="Best of all"))
    run_to_end(submit("score=0.6", name="Control", method={"name": "centralised"}))
    call("sweep")
    _, out, _ = call("board", "finance")
    lines = out.splitlines()
    head = next(text for text in lines if "95 % interval" in text)
    best = next(text for text in lines if "Best of all" in text)
    assert "Financial PhraseBank" in head
    assert best.index("70.00") + 5 == head.index("Average") + len("Average"), "right-aligned"
    assert "[64.00, 76.00]" in best
    assert lines.index("Controls") < lines.index(next(t for t in lines if "Control " in t))
    found = json.loads(call("board", "finance", "--json")[1])
    assert found["entries"][0]["average"] == 70.0
    assert found["controls"][0]["rank"] is None


def test_an_empty_board_says_so() -> None:
    assert "Nothing has been published yet." in board_text(board("finance"))


def test_reproducing_prints_the_exact_jobs(submit: Any) -> None:
    attempt = run_to_end(submit())
    _, out, _ = call("reproduce", attempt.submission_id)
    printed = out.split("<<'JSON'\n")[1].split("\nJSON")[0]
    assert json.loads(printed) == attempt.training_job
    assert f"{sys.executable} -m federated training" in out
    assert f"{sys.executable} -m evaluators evaluation" in out


def test_reproducing_runs_both_engines_and_compares(submit: Any, tmp_path: Path) -> None:
    attempt = run_to_end(submit("score=0.7"))
    _, out, _ = call("reproduce", attempt.submission_id, "--run", str(tmp_path / "again"))
    assert "Every score is the same." in out
    with pytest.raises(CommandError, match="not empty"):
        call("reproduce", attempt.submission_id, "--run", str(tmp_path / "again"))


def test_a_score_that_cannot_be_reproduced_is_told(
    submit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leaderboard.services import reproduce

    attempt = run_to_end(submit("score=0.7"))
    stored = reproduce._stored
    monkeypatch.setattr(reproduce, "_stored", lambda found: dict.fromkeys(stored(found), 0.123))
    with pytest.raises(CommandError, match="The scores differ"):
        call("reproduce", attempt.submission_id, "--run", str(tmp_path / "again"))


def test_an_unknown_submission_cannot_be_reproduced() -> None:
    with pytest.raises(CommandError, match="no submission 'nowhere'"):
        call("reproduce", "nowhere")


def watched(**changes: Any) -> Watched:
    plain = {
        "submission_id": "abcd2345", "name": "Run", "stage": "training", "stage_title": "Training",
        "done": 5, "of": 20, "unit": "round", "ended": False, "failure": "", "average": None,
        "low": None, "high": None,
    }  # fmt: skip
    return Watched(**{**plain, **changes})


def test_a_bar_shows_how_far_a_run_is() -> None:
    assert line(watched()).endswith("██████░░░░░░░░░░░░░░░░░░  Training  round 5/20")
    assert "Failed: Too bad." in line(watched(stage="failed", failure="Too bad."))
    done = watched(stage="published", average=61.5, low=60.0, high=63.0)
    assert line(done).endswith("█  Published  61.50  [60.00, 63.00]")


def test_without_a_terminal_only_changes_are_printed() -> None:
    out = io.StringIO()
    display = Display(out)
    for done in (5, 5, 5, 6, 7):
        display.show([watched(done=done)])
    assert len(out.getvalue().splitlines()) == 2, "25 % and 30 %"
    assert "\x1b" not in out.getvalue()


def test_on_a_terminal_each_run_keeps_its_line() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    display = Display(out)
    display.show([watched(), watched(name="Other")])
    display.show([watched(done=6), watched(name="Other")])
    assert out.getvalue().count("\x1b[2A") == 1


@pytest.mark.parametrize("command", ["submit", "board", "reproduce", "sweep", "demo"])
def test_every_command_explains_itself(command: str) -> None:
    parser = load_command_class("leaderboard", command).create_parser("manage.py", command)
    assert parser.description and parser.description.endswith(".")
    assert "usage: manage.py" in parser.format_help()
