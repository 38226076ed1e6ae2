"""Broken connections, lost answers, restarted clients: nothing is sent twice for nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.client import parcel, sending
from tests.client.fake_server import CHUNK, FakeServer, submission

Flboard = Callable[..., int]
Said = pytest.CaptureFixture[str]
NUMBERS = ("--domain", "medical", "--name", "A row", "--score", "medqa=61.5")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Four and a half pieces."""
    file = tmp_path / "large.zip"
    file.write_bytes(random.Random(0).randbytes(4 * CHUNK + CHUNK // 2))
    return file


def patches(server: FakeServer) -> int:
    return sum(method == "PATCH" for method, _ in server.seen)


def test_a_large_file_goes_in_pieces_and_arrives_whole(
    server: FakeServer, flboard: Flboard, large: Path
) -> None:
    assert flboard("submit", str(large)) == 0
    assert patches(server) == 5
    assert server.bodies[0]["file"] == large.read_bytes()


@pytest.mark.parametrize("fault", ["drop", "lose", 503])
def test_an_upload_goes_on_after_a_broken_connection(
    server: FakeServer, flboard: Flboard, large: Path, fault: str | int
) -> None:
    server.faults += ["", "", fault, "", fault]  # begin, piece, piece, head, piece
    assert flboard("submit", str(large)) == 0
    assert server.bodies[0]["file"] == large.read_bytes()
    assert len(server.submissions) == 1


def test_a_restarted_client_sends_only_what_is_missing(
    server: FakeServer, flboard: Flboard, large: Path, capsys: Said
) -> None:
    server.faults += ["", "", "", *["drop"] * 60]
    assert flboard("submit", str(large)) == 4
    assert "44% have arrived; the same command goes on from there" in capsys.readouterr().err
    server.faults.clear()
    before = patches(server)
    assert flboard("submit", str(large)) == 0
    assert patches(server) - before == 3
    assert [path for _, path in server.seen].count("/api/v1/uploads") == 1
    assert server.bodies[0]["file"] == large.read_bytes()


def test_what_was_checked_is_not_sent_again_to_be_submitted(
    server: FakeServer, flboard: Flboard, large: Path
) -> None:
    assert flboard("check", str(large)) == 0
    assert flboard("submit", str(large)) == 0
    assert patches(server) == 5


def test_an_upload_that_the_server_forgot_is_begun_anew(
    server: FakeServer, flboard: Flboard, large: Path
) -> None:
    assert flboard("check", str(large)) == 0
    server.uploads.clear()
    assert flboard("submit", str(large)) == 0
    assert patches(server) == 10


def test_a_lost_answer_makes_no_second_submission(server: FakeServer, flboard: Flboard) -> None:
    server.faults.append("lose")
    assert flboard("submit", *NUMBERS) == 0
    assert len(server.submissions) == 1


def test_a_lost_answer_of_a_client_that_gave_up_makes_none_either(
    server: FakeServer, flboard: Flboard, large: Path
) -> None:
    assert flboard("check", str(large)) == 0
    server.faults += ["", "lose", *["drop"] * 10]  # head, then the submission itself
    assert flboard("submit", str(large)) == 4
    assert len(server.submissions) == 1
    server.faults.clear()
    assert flboard("submit", str(large)) == 0
    assert len(server.submissions) == 1
    assert patches(server) == 5


def test_a_second_submission_that_is_meant_is_made(server: FakeServer, flboard: Flboard) -> None:
    assert flboard("submit", *NUMBERS) == 0
    assert flboard("submit", *NUMBERS) == 0
    assert len(server.submissions) == 2


def test_a_refused_request_is_not_remembered(server: FakeServer, flboard: Flboard) -> None:
    server.problems = [{"place": "name", "line": None, "message": "missing", "hint": ""}]
    assert flboard("submit", *NUMBERS) == 1
    server.problems = []
    assert flboard("submit", *NUMBERS) == 0


def test_waits_between_tries_grow(server: FakeServer, flboard: Flboard, waits: list[float]) -> None:
    server.faults += ["drop"] * 10
    assert flboard("show", "sub0") == 4
    assert waits == [0.5, 1.0, 2.0, 4.0]


def test_a_server_that_is_broken_is_asked_once(server: FakeServer, flboard: Flboard) -> None:
    server.faults += [500]
    assert flboard("show", "sub0") == 4
    assert len(server.seen) == 1


def test_nobody_there_is_told_with_the_address(flboard: Flboard, capsys: Said) -> None:
    assert flboard("show", "sub0", "--server", "http://127.0.0.1:9") == 4
    assert "http://127.0.0.1:9 cannot be reached" in capsys.readouterr().err


def test_a_redirect_is_not_followed_with_the_token(server: FakeServer, flboard: Flboard) -> None:
    server.faults += [302] * 10
    assert flboard("show", "sub0") == 4
    assert {path for _, path in server.seen} == {"/api/v1/submissions/sub0"}


def test_a_folder_is_packed_the_same_way_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "b.json").write_text("{}")
    (folder / "a.json").write_text("[]")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("private")
    with parcel.packed(folder) as first:
        assert first.file is not None and first.name == "adapter.zip"
        assert b".git" not in first.file.read_bytes()
        place = first.file
    (folder / "a.json").touch()
    with parcel.packed(folder) as second:
        assert second.digest == first.digest
    assert not place.exists()


def test_links_in_a_folder_are_refused(flboard: Flboard, tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "secret").symlink_to("/etc/passwd")
    assert flboard("check", str(folder)) == 2


def test_watching_ends_with_the_scores(
    server: FakeServer, flboard: Flboard, waits: list[float], capsys: Said
) -> None:
    server.submissions["sub0"] = submission("sub0")
    waiting = {"stage": "waiting-training", "stage_title": "Waiting", "ended": False, "position": 3,
               "eta_seconds": 600}  # fmt: skip
    training = {"stage": "training", "stage_title": "Training", "position": None,
                "done": 4, "of": 10, "unit": "round", "eta_seconds": 30}  # fmt: skip
    ended = {"stage": "published", "stage_title": "Published", "ended": True, "of": 0}
    server.stages += [waiting, waiting, training, ended]
    server.faults += ["", "drop", 429]
    assert flboard("watch", "sub0", "--interval", "2") == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "A run  Waiting  number 3 in the queue  about 10 min left",
        "A run  Training  round 4 of 10  about under a minute left",
        "A run  Published",
    ]
    assert "clean      61.50  [60.00, 63.00]" in said.out
    assert "MedQA" in said.out and "(1,273 questions)" in said.out
    assert waits == [2, 0.5, 7, 2, 2]


def test_a_failed_run_ends_with_its_reason(
    server: FakeServer, flboard: Flboard, capsys: Said
) -> None:
    failure = {"code": "out-of-memory", "message": "The GPU was full.", "hint": "a smaller base"}
    server.submissions["sub0"] = submission("sub0") | {
        "stage": "failed", "stage_title": "Failed", "failure": failure,
    }  # fmt: skip
    assert flboard("watch", "sub0") == 1
    assert "out-of-memory: The GPU was full. (a smaller base)" in capsys.readouterr().err


def test_an_interrupted_watch_leaves_the_run_alone(
    server: FakeServer, flboard: Flboard, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.submissions["sub0"] = submission("sub0")

    def interrupted(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("leaderboard.client.watching._follow", interrupted)
    assert flboard("watch", "sub0") == 130
    assert server.seen == []
    assert "flboard watch sub0 follows it again" in capsys.readouterr().err


def test_only_large_files_go_in_pieces() -> None:
    assert sending.IN_ONE < 4.5 * CHUNK
