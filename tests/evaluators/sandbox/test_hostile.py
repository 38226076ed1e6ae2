"""Hostile programs: none gets a verdict that it has not earned, none gets out of its box."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluators.sandbox import judge
from tests.conftest import REPOSITORY
from tests.evaluators.sandbox.helpers import QUICK, needs, python, squares
from tests.evaluators.sandbox.hostile import FORGERIES, GREEDY, LIARS, Attack
from tests.evaluators.sandbox.probes import FILES, NETWORK, PRIVILEGES, SYSTEM_CALLS, Probe

pytestmark = needs("python")


def names(cases: tuple[Attack, ...] | tuple[Probe, ...]) -> list[str]:
    return [case.name for case in cases]


def test_an_honest_program_earns_what_the_attacks_are_refused() -> None:
    verdict = judge(squares("def square(x):\n    print(x)\n    return x * x"))
    assert (verdict.passed, verdict.reason, verdict.stdout) == (True, "passed", "3\n4\n")


@pytest.mark.parametrize("attack", FORGERIES, ids=names(FORGERIES))
def test_a_verdict_cannot_be_forged(attack: Attack) -> None:
    verdict = judge(squares(attack.code))
    assert not verdict.passed
    assert verdict.reason in attack.reasons, verdict
    assert len(verdict.detail.encode()) <= 4000 and "\n" not in verdict.detail


@pytest.mark.parametrize("attack", LIARS, ids=names(LIARS))
def test_a_comparison_cannot_be_bent(attack: Attack) -> None:
    verdict = judge(squares(attack.code))
    assert not verdict.passed
    assert verdict.reason in attack.reasons, verdict


@pytest.mark.parametrize("attack", GREEDY, ids=names(GREEDY))
def test_what_a_program_may_use_is_limited(attack: Attack) -> None:
    verdict = judge(squares(attack.code), QUICK)
    assert not verdict.passed
    assert verdict.reason in attack.reasons, verdict
    assert verdict.seconds < QUICK.wall_seconds + 5


@pytest.mark.parametrize("attack", [*FORGERIES[:3], *LIARS[:3]], ids=lambda attack: attack.name)
def test_tests_without_an_entry_point_are_as_safe(attack: Attack) -> None:
    verdict = judge(squares(attack.code)._replace(entry_point=""))
    assert verdict.reason in attack.reasons, verdict


def test_a_program_cannot_answer_both_sides_of_a_comparison() -> None:
    code = "set = sorted = lambda *a: 0\ndef f(x):\n    return [x]"
    assert not judge(python(code, "assert set(f(1)) == set([2])")).passed
    assert not judge(python(code, "assert sorted(f(1)) == sorted([2])")).passed


def look(probe: Probe) -> None:
    verdict = judge(python(probe.code, f"assert probe() == {probe.tight}", "probe"))
    assert verdict.reason == "passed", verdict


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine that answers, and an abstract socket of the same number."""
    with socket.socket() as local, socket.socket(socket.AF_UNIX) as abstract:
        local.bind(("127.0.0.1", 0))
        port = local.getsockname()[1]
        abstract.bind(f"\0sandbox-{port}")
        local.listen()
        abstract.listen()
        socket.create_connection(("127.0.0.1", port), 2).close()
        yield port


@pytest.mark.parametrize("probe", NETWORK, ids=names(NETWORK))
def test_there_is_no_network(probe: Probe, listening: int) -> None:
    look(probe._replace(code=probe.code.replace("{port}", str(listening))))


@pytest.mark.parametrize("probe", FILES, ids=names(FILES))
def test_there_is_nothing_to_read_or_to_spoil(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "of the site")
    (tmp_path / "db.sqlite3").touch()
    paths = {
        "{repository!r}": str(REPOSITORY),
        "{settings!r}": str(REPOSITORY / "leaderboard" / "settings.py"),
        "{state!r}": str(tmp_path),
    }
    code = probe.code
    for name, path in paths.items():
        assert os.path.exists(path)
        code = code.replace(name, repr(path))
    look(probe._replace(code=code))


@pytest.mark.parametrize("probe", PRIVILEGES, ids=names(PRIVILEGES))
def test_there_are_no_privileges(probe: Probe) -> None:
    look(probe)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")
@pytest.mark.parametrize("probe", SYSTEM_CALLS, ids=names(SYSTEM_CALLS))
def test_dangerous_system_calls_are_refused(probe: Probe) -> None:
    look(probe)
