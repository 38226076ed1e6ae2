"""Each command against the contract: what is sent, what is printed, how it ends."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.fake_server import BAD, TOKEN, FakeServer, submission

Flboard = Callable[..., int]
Said = pytest.CaptureFixture[str]
NUMBERS = ("--domain", "medical", "--name", "A row", "--score", "medqa=61.5")


def test_a_token_is_kept_in_a_file_that_only_its_owner_reads(
    server: FakeServer, flboard: Flboard, home: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLBOARD_TOKEN")
    assert flboard("login", typed=f"{TOKEN}\n") == 0
    (file,) = home.rglob("tokens.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    said = capsys.readouterr()
    assert "as alice" in said.out and TOKEN not in said.out + said.err
    monkeypatch.delenv("FLBOARD_SERVER")
    assert flboard("check", *NUMBERS) == 0  # both are remembered


@pytest.mark.parametrize(("typed", "code"), [("nonsense\n", 2), (f"fl_{'b' * 43}\n", 3)])
def test_a_token_that_does_not_work_is_not_kept(
    flboard: Flboard, home: Path, typed: str, code: int
) -> None:
    assert flboard("login", typed=typed) == code
    assert list(home.rglob("tokens.json")) == []


def test_a_check_says_what_was_found_and_hands_nothing_in(
    server: FakeServer, flboard: Flboard, capsys: Said
) -> None:
    assert flboard("check", *NUMBERS, "--link", "https://a.example/x", "--rounds", "10") == 0
    assert server.bodies == [
        {
            "declared": {
                "name": "A row", "domain": "medical", "rounds": 10,
                "links": ["https://a.example/x"], "scores": {"medqa": 61.5},
            },
            "visibility": "public",
        }
    ]  # fmt: skip
    assert server.submissions == {}
    assert capsys.readouterr().out.splitlines() == [
        "Recognised as: reported numbers",
        "  ! scores: odd",
        "17 of 20 submissions left today.",
        "Nothing speaks against handing it in.",
    ]


@pytest.mark.parametrize("verb", ["check", "submit"])
def test_every_problem_is_printed_with_place_line_and_hint(
    server: FakeServer, flboard: Flboard, capsys: Said, verb: str
) -> None:
    server.problems = [*BAD, {"place": "", "line": None, "message": "two", "hint": ""}]
    assert flboard(verb, *NUMBERS) == 1
    said = capsys.readouterr()
    assert "✗ line 3, scores.medqa: not a number (write 61.5)" in said.out + said.err
    assert "✗ upload: two" in said.out + said.err


def test_problems_come_as_json_where_that_was_asked_for(
    server: FakeServer, flboard: Flboard, capsys: Said
) -> None:
    server.problems = BAD
    assert flboard("submit", "--json", *NUMBERS) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["error"]["problems"] == BAD


def test_a_recipe_goes_as_its_text(server: FakeServer, flboard: Flboard, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('name = "Ünder"\n', encoding="utf-8")
    assert flboard("submit", str(recipe), "--visibility", "private", "--team", "crew") == 0
    assert server.bodies == [
        {"recipe": 'name = "Ünder"\n', "declared": {}, "visibility": "private", "team": "crew"}
    ]


def test_a_small_file_goes_with_its_request(
    server: FakeServer, flboard: Flboard, tmp_path: Path
) -> None:
    (tmp_path / "out.jsonl").write_bytes(b'{"a": 1}\n')
    assert flboard("submit", str(tmp_path / "out.jsonl"), "--name", "Out") == 0
    assert server.bodies[0]["file"] == b'{"a": 1}\n'
    assert server.bodies[0]["declared"] == {"name": "Out"}


def test_a_declaration_is_read_from_a_file_and_the_command_line_goes_over_it(
    server: FakeServer, flboard: Flboard, tmp_path: Path
) -> None:
    about = tmp_path / "about.toml"
    about.write_text('name = "Old"\nlicence = "MIT"\n[scores]\nmedqa = 1\ncareqa = 2\n')
    assert flboard("check", "--declare", str(about), "--name", "New", "--score", "medqa=3") == 0
    assert server.bodies[0]["declared"] == {
        "name": "New", "licence": "MIT", "scores": {"medqa": 3.0, "careqa": 2},
    }  # fmt: skip


def test_a_board_is_a_table_in_which_names_cannot_steer_the_terminal(
    flboard: Flboard, capsys: Said
) -> None:
    assert flboard("board", "medical") == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "1 (1-2)  Wide�[31m  alice  FedAvg    61.50  [60.00, 63.00]  evaluated  sub0" in said


def test_an_export_writes_record_and_all_pages_of_items(
    server: FakeServer, flboard: Flboard, tmp_path: Path
) -> None:
    server.submissions["sub0"] = submission("sub0")
    target = tmp_path / "export"
    assert flboard("export", "sub0", "-o", str(target)) == 0
    assert (target / "items/clean/medqa.jsonl").read_text() == '{"n": 1}\n{"n": 2}\n'
    assert json.loads((target / "record.json").read_text()) == {"submission": "sub0"}
    assert flboard("export", "sub0", "-o", str(target)) == 2  # nothing is overwritten


def test_a_task_that_names_another_folder_is_not_written(
    server: FakeServer, flboard: Flboard, tmp_path: Path
) -> None:
    page = submission("sub0")
    page["scores"][0]["tasks"][0]["key"] = "../../outside"
    server.submissions["sub0"] = page
    assert flboard("export", "sub0", "-o", str(tmp_path / "export")) == 1
    assert not list(tmp_path.rglob("outside*"))


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("cancel",), {}),
        (("publish",), {}),
        (("withdraw", "--reason", "wrong data"), {"reason": "wrong data"}),
    ],
)
def test_a_verb_reaches_the_submission(
    server: FakeServer, flboard: Flboard, words: tuple[str, ...], body: dict[str, str]
) -> None:
    server.submissions["sub0"] = submission("sub0")
    verb, *rest = words
    assert flboard(verb, "https://board.example/runs/sub0/", *rest) == 0
    assert server.seen[-1] == ("POST", f"/api/v1/submissions/sub0/{verb}")
    assert server.bodies == [body]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "../me"), 1),
        (("show", "NOT AN ID"), 2),
        (("check",), 2),
        (("check", "no-such-file.zip"), 2),
        (("check", "--score", "medqa"), 2),
        (("withdraw", "sub0"), 2),
        (("nonsense",), 2),
        (("show", "gone"), 1),
    ],
)
def test_a_wrong_command_line_has_its_exit_code(
    flboard: Flboard, words: tuple[str, ...], code: int
) -> None:
    assert flboard(*words) == code


@pytest.mark.parametrize(("status", "code"), [(401, 3), (403, 3), (404, 1), (422, 1), (429, 5)])
def test_an_answer_has_its_exit_code(
    server: FakeServer, flboard: Flboard, capsys: Said, status: int, code: int
) -> None:
    server.faults.append(status)
    assert flboard("show", "sub0") == code
    assert f"status {status} was asked for" in capsys.readouterr().err


def test_a_limit_tells_when_it_ends(server: FakeServer, flboard: Flboard, capsys: Said) -> None:
    server.faults.append(429)
    assert flboard("submit", *NUMBERS) == 5
    assert "again in 7 s" in capsys.readouterr().err


def test_no_token_is_told_before_anything_is_sent(
    server: FakeServer, flboard: Flboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLBOARD_TOKEN")
    assert flboard("cancel", "sub0") == 3
    assert server.seen == []


def test_what_is_public_is_read_without_a_token(
    server: FakeServer, flboard: Flboard, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLBOARD_TOKEN")
    server.submissions["sub0"] = submission("sub0")
    assert flboard("show", "sub0") == 0
    assert flboard("board") == 0
    assert capsys.readouterr().out.endswith("medical         Medical, 1 entries\n")
