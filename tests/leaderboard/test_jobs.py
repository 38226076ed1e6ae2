"""Engines as child processes: what they are told, what is read, how they are ended."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from leaderboard import jobs
from tests.leaderboard.helpers import recipe, until


class Listener:
    """Follows an engine and wants it until told otherwise."""

    def __init__(self, wanted: int | None = None) -> None:
        self.seen: list[dict[str, Any]] = []
        self.output = ""
        self.beats, self.wanted = 0, wanted

    def lines(self, found: list[dict[str, Any]]) -> None:
        self.seen += found

    def text(self, found: str) -> None:
        self.output += found

    def beat(self) -> bool:
        self.beats += 1
        return self.wanted is None or self.beats < self.wanted


def job(plan: str) -> dict[str, Any]:
    pin = {"id": "tiny/llama", "revision": "x", "source": "mirror"}
    return {"recipe": recipe(plan).as_dict(), "base": pin, "dataset": pin, "threads": 1}


def train(path: Path, plan: str, listener: Listener | None = None) -> jobs.Outcome:
    return jobs.run("training", path, job(plan), listener or Listener())


def test_an_engine_run_answers_its_result_and_everything_it_wrote(tmp_path: Path) -> None:
    listener = Listener()
    outcome = train(tmp_path, "", listener)
    assert outcome.kind == "ok"
    assert outcome.result["rounds"] == 3
    assert [line["event"] for line in listener.seen] == ["start", "round", "round", "round"]
    assert listener.output.endswith("round 3\n")


def test_a_job_that_does_not_fit_is_a_failure_with_the_engines_words(tmp_path: Path) -> None:
    outcome = jobs.run("training", tmp_path, {"recipe": {}}, Listener())
    assert outcome.kind == "failed"
    assert outcome.failure.code == "bad-job"


def test_an_unwanted_engine_is_ended(tmp_path: Path) -> None:
    assert train(tmp_path, "slow=60", Listener(wanted=40)).kind == "lost"


def test_an_engine_that_ignores_sigterm_is_killed(tmp_path: Path, settings: Any) -> None:
    settings.STOP_SECONDS = 1
    assert train(tmp_path, "slow=60 deaf", Listener(wanted=60)).kind == "lost"


def test_nothing_an_engine_started_stays_behind(tmp_path: Path) -> None:
    path = tmp_path / "job"
    path.mkdir()
    assert train(path, "child").kind == "ok"
    pid = int((tmp_path / "grandchild").read_text())
    until(lambda: _is_gone(pid), 5)


def _is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_an_old_result_is_never_taken_for_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"status": "ok"}')
    assert train(tmp_path, "silent").failure.code == "engine-crashed"


def test_an_engine_learns_no_secret(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    secrets = {
        "SECRET_KEY": "s3cret", "DATABASE_URL": "postgres://u:s3cret@h/d",
        "BROKER_URL": "redis://:s3cret@h", "AWS_SECRET_ACCESS_KEY": "s3cret",
        "PGPASSWORD": "s3cret",
        "DJANGO_SETTINGS_MODULE": "s3cret",
    }  # fmt: skip
    for name, value in {**secrets, "HF_HOME": "/models"}.items():
        monkeypatch.setenv(name, value)
    found = jobs.environment()
    assert not [name for name, value in found.items() if "s3cret" in value]
    assert found["HF_HOME"] == "/models"
    assert found["ENGINE_DIES_WITH_PARENT"] == "1"
    assert found["OMP_NUM_THREADS"] == str(settings.ENGINE_THREADS)
    assert found["STATE_DIR"] == str(settings.STATE_DIR)


@pytest.mark.parametrize(
    ("code", "result", "kind", "failure"),
    [
        (0, {"status": "ok"}, "ok", None),
        (0, None, "try-again", "engine-crashed"),
        (1, {"error": {"code": "diverged", "permanent": True}}, "failed", "diverged"),
        (75, {"error": {"code": "not-now", "permanent": False}}, "try-again", "not-now"),
        (75, None, "try-again", "busy"),
        (1, None, "try-again", "engine-crashed"),
        (-9, None, "try-again", "engine-killed"),
        (-11, {"status": "ok"}, "try-again", "engine-killed"),
    ],
)  # fmt: skip
def test_exit_code_and_result_decide_the_outcome(
    tmp_path: Path, code: int, result: Any, kind: str, failure: str | None
) -> None:
    if result:
        (tmp_path / "result.json").write_text(json.dumps(result))
    outcome = jobs.read_outcome(tmp_path, code)
    assert outcome.kind == kind
    assert (outcome.failure.code if outcome.failure else None) == failure


def test_a_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    tail = jobs.Tail(file)
    assert tail.read() == ""
    file.write_text('{"event": "a"}\n{"eve')
    assert tail.read() == '{"event": "a"}\n'
    assert tail.read() == ""
    with file.open("a") as more:
        more.write('nt": "b"}\n')
    assert tail.read() == '{"event": "b"}\n'


def test_a_character_cut_in_two_waits_for_its_other_half(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    tail = jobs.Tail(file)
    for byte in "a€😀é".encode():
        with file.open("ab") as more:
            more.write(bytes([byte]))
        assert "\N{REPLACEMENT CHARACTER}" not in tail.read(whole_lines=False)
    assert tail.offset == file.stat().st_size


def test_lines_that_are_no_events_are_passed_over() -> None:
    found = jobs.parse_lines('{"event": "a", "x": NaN}\nnot json\n[1]\n{"no": "event"}\n')
    assert found == [{"event": "a", "x": None}]


def test_job_directories_are_kept_until_discarded(site: Path) -> None:
    jobs.directory(7, "training")
    jobs.directory(8, "evaluation")
    assert jobs.kept() == [7, 8]
    jobs.discard(7)
    assert jobs.kept() == [8]
    assert os.listdir(site / "jobs" / "8") == ["evaluation"]
