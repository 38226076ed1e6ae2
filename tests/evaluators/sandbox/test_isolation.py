"""Without isolation nothing runs; whatever runs ends, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluators import sandbox
from evaluators.sandbox import (
    Limits,
    NoIsolation,
    Program,
    Stopped,
    box,
    judge,
    judge_all,
    seccomp,
    tools,
)
from tests.conftest import REPOSITORY
from tests.evaluators.sandbox.helpers import QUICK, needs, python, squares

HONEST = squares("def square(x):\n    return x * x")
WRONG = squares("def square(x):\n    return x")


def installed(folder: Path, *names: str) -> str:
    """A PATH on which only these programs are."""
    for name in names:
        (folder / name).symlink_to(Path("/usr/bin") / name)
    return str(folder)


@pytest.mark.parametrize("language", ["python", "javascript", "cpp"])
def test_without_bubblewrap_nothing_runs(
    language: sandbox.Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", installed(tmp_path, "prlimit", "setpriv", "node", "g++"))
    assert sandbox.missing(language) == "no isolation: bubblewrap is not installed"
    program = Program(language, f"import os; os.mknod({str(tmp_path / 'ran')!r})", "")
    with pytest.raises(NoIsolation, match="bubblewrap is not installed"):
        judge(program)
    with pytest.raises(NoIsolation, match="bubblewrap is not installed"):
        judge_all([program, program], workers=2)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo bwrap: No permissions to create a new namespace >&2; exit 1",
            r"namespaces are not permitted here \(bwrap: No permissions",
        ),
        ('while [ "$1" != "--" ]; do shift; done; shift; exec "$@"', "it isolates nothing"),
        ("exit 0", "it isolates nothing"),
        ("echo bwrap: Unknown option --size >&2; exit 1", "does not work here .*--size"),
    ],
    ids=["it is refused", "it only pretends", "it does nothing", "it is too old"],
)
def test_a_bubblewrap_that_does_not_isolate_is_found_out(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(NoIsolation, match=said) as refusal:
        judge(HONEST)
    assert str(refusal.value).startswith("no isolation: ")


@needs("python")
def test_a_language_without_its_program_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", installed(tmp_path, "bwrap", "prlimit", "setpriv"))
    assert sandbox.missing("python") is None
    assert sandbox.missing("javascript") == "node is not installed"
    assert sandbox.missing("cpp") == "g++ is not installed"


def test_an_unknown_machine_has_no_filter_and_the_known_ones_allow_at_the_end() -> None:
    assert seccomp.program("riscv64") is None
    for machine in seccomp.MACHINES:
        steps = seccomp.program(machine)
        assert steps is not None and len(steps) % 8 == 0
        assert steps[-8:] == bytes([6, 0, 0, 0, 0, 0, 0xFF, 0x7F])


def running(token: str) -> list[int]:
    """The processes on this machine that have a word in their command line."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if token in file.read_text(errors="replace"):
                found.append(int(file.parent.name))
        except OSError:
            continue
    return found


def waited(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Whether something became true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def lasting(token: str, afterwards: str) -> str:
    """A program that leaves a process in a session of its own, which no longer knows it."""
    return (
        "import os, signal, sys, time\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "        wait = ['-', '-S', '-c', 'import time; time.sleep(99)']\n"
        f"        os.execv(sys.executable, [*wait, {token!r}])\n"
        "    os._exit(0)\n"
        f"time.sleep(0.3)\n{afterwards}\ndef square(x):\n    return x * x"
    )


@needs("python")
@pytest.mark.parametrize(
    ("afterwards", "reason"),
    [("", "passed"), ("time.sleep(99)", "time limit"), ("os._exit(1)", "ended early")],
)
def test_nothing_outlives_a_verdict(afterwards: str, reason: str) -> None:
    token = uuid.uuid4().hex
    assert judge(squares(lasting(token, afterwards)), QUICK).reason == reason
    assert waited(lambda: not running(token))


# A shell's background job begins with Ctrl-C ignored, and so does everything it starts.
JUDGES = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from evaluators.sandbox import judge_all
from tests.evaluators.sandbox.helpers import squares
judge_all([squares(sys.stdin.read())] * 2, workers=2)
"""


@needs("python")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_its_judge(number: signal.Signals, tmp_path: Path) -> None:
    token = uuid.uuid4().hex
    (tmp_path / "code.py").write_text(lasting(token, "time.sleep(99)"))
    with (tmp_path / "code.py").open() as code:
        environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
        judges = subprocess.Popen(
            [sys.executable, "-c", JUDGES], stdin=code, env=environment, stderr=subprocess.DEVNULL
        )
    assert waited(lambda: len(running(token)) == 2)
    judges.send_signal(number)
    assert judges.wait(10) != 0
    assert waited(lambda: not running(token))
    assert os.listdir(tmp_path) == ["code.py"]


@needs("python")
def test_the_last_box_is_ended_while_it_is_still_being_set_up() -> None:
    before = set(running("/judge/inside"))
    for _ in range(10):
        with tools.Box(["sleep", "99"], Limits()):
            pass
    assert waited(lambda: set(running("/judge/inside")) <= before)


@needs("python")
def test_verdicts_come_in_order_and_each_is_told() -> None:
    told: list[int] = []
    verdicts = judge_all([HONEST, WRONG, HONEST, WRONG, HONEST], 3, told.append)
    assert [verdict.passed for verdict in verdicts] == [True, False, True, False, True]
    assert told == [1] * 5
    assert judge_all([], 2) == []


@needs("python")
def test_an_exception_in_the_listener_stops_what_runs() -> None:
    def tired(finished: int) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    sleepy = squares("import time; time.sleep(99)")
    with pytest.raises(KeyboardInterrupt):
        judge_all([HONEST, sleepy, sleepy, sleepy], 2, tired)
    assert time.monotonic() - began < 5


@needs("python")
def test_a_verdict_that_is_wanted_no_more_is_not_waited_for() -> None:
    unwanted = threading.Event()
    threading.Timer(0.3, unwanted.set).start()
    with pytest.raises(Stopped):
        judge(squares("import time; time.sleep(99)"), waiting=lambda: not unwanted.is_set())


@needs("python")
def test_boxes_beside_one_another_do_not_share_their_limit_on_processes() -> None:
    code = (
        "import subprocess\nheld = [subprocess.Popen(['sleep', '1']) for _ in range(40)]\n"
        "def square(x):\n    return x * x"
    )
    assert all(verdict.passed for verdict in judge_all([squares(code)] * 3, 3))


@needs("python")
def test_a_program_that_says_it_is_bubblewrap_is_believed_nothing() -> None:
    code = "import os\nos.write(2, b'bwrap: no isolation here')\nos._exit(1)"
    assert judge(python(code, "assert f()", "f")).reason == "ended early"


def test_root_of_a_rootless_container_gets_a_user_namespace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(box, "takes_users", lambda: False)
    assert "--unshare-user" in box.walls(Limits()) and "--cap-add" not in box.walls(Limits())
    assert "setpriv" not in box.bounds(Limits())


def test_a_checkout_below_usr_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--tmpfs /usr/src" not in " ".join(box.walls(Limits()))
    monkeypatch.setattr(box, "OURS", Path("/usr/src"))
    assert "--ro-bind /usr /usr" in " ".join(box.walls(Limits())).partition("--tmpfs /usr/src ")[0]
    monkeypatch.setattr(box, "OURS", Path("/usr/include"))
    code = "import os\ndef f(): return os.listdir('/usr/include')"
    assert judge(python(code, "assert f() == []", "f")).passed


def test_every_box_of_roots_is_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "takes_users", lambda: True)
    users = {command[command.index("--reuid") + 1] for command in map(box.bounds, [Limits()] * 9)}
    assert len(users) == 9 and min(map(int, users)) > 65536
    assert "--unshare-user" not in box.walls(Limits())
