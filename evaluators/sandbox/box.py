"""One box: a process in bubblewrap that sees the language's own files and nothing else.

All namespaces are its own; the root is read-only, /tmp a small private disk; no network, no
environment, no capability, and a filter of system calls. There is no /proc: through it a process
of root's may set the machine's parameters even without any capability (measured: core_pattern).
Started by root, a box becomes a user that nobody else is, since the limit on processes does not
bind root; started by anyone else, it has a user namespace of its own.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from . import seccomp
from .verdicts import Limits, NoIsolation

INSIDE = Path(__file__).parent / "inside"
OURS = INSIDE.parents[2]
"""The checkout, which no box shows."""
THERE = "/judge"
"""Where `inside/` lies in a box, as the package `inside`."""

PREFIX = Path(sys.base_prefix).resolve()
PYTHON = (
    str(PREFIX / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"),
    *("-s", "-S", "-P", "-B", "-X", "utf8", "-c"),
)
START = "import sys; sys.path.insert(0, '/judge'); from inside import {0}; {0}.main()"

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp", "PYTHONHASHSEED": "0"}  # noqa: S108
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64")
DEVICES = ("null", "zero", "random", "urandom")
NAMESPACES = ("pid", "net", "ipc", "uts", "cgroup-try")
NOBODY = 65534

# The kernel counts processes by user, so a box of root's has a user id that no other box has.
FIRST_USER, USERS = 0x70000000, 0x0F000000
_users = itertools.count(random.SystemRandom().randrange(USERS))


class Box:
    """A process in a box, whose output streams are pipes. Leaving it ends all that runs in it."""

    def __init__(
        self,
        command: Sequence[str],
        limits: Limits,
        content: bytes = b"",
        pass_fds: Sequence[int] = (),
        mounts: Sequence[str] = (),
    ) -> None:
        """`content` is what the command reads on its standard input; `mounts` are more walls."""
        rules = seccomp.program() or b""
        with in_memory(content) as stdin, in_memory(rules) as filter_:
            loaded = ["--seccomp", str(filter_)] if rules else []
            self.process = subprocess.Popen(
                [*walls(limits, mounts), *loaded, "--", *bounds(limits), *command],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[*pass_fds, *([filter_] if rules else [])],
                bufsize=0,
            )
        assert self.process.stdout and self.process.stderr
        self.stdout, self.stderr = self.process.stdout.fileno(), self.process.stderr.fileno()

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *_: object) -> None:
        """End it: the death of its first process ends its process namespace.

        Bubblewrap's own death would end that one, but not in the first moments; hence both.
        """
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
            for child in children(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process.kill()
        self.process.communicate()


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


@contextmanager
def in_memory(content: bytes) -> Iterator[int]:
    """A descriptor of a file without a name that holds `content` and can never hold more."""
    fd = os.memfd_create("sandbox", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(content)
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW)
        yield fd
    finally:
        os.close(fd)


def bubblewrap() -> str:
    """Where it is; `NoIsolation` where it is not."""
    if found := shutil.which("bwrap"):
        return found
    raise NoIsolation("no isolation: bubblewrap is not installed")


def walls(limits: Limits, mounts: Sequence[str] = ()) -> list[str]:
    """The command line of bubblewrap up to what runs in it."""
    options = [bubblewrap(), "--die-with-parent", "--new-session", "--clearenv"]
    options += [f"--unshare-{name}" for name in NAMESPACES]
    options += _identity()
    options += [part for name, value in ENVIRONMENT.items() for part in ("--setenv", name, value)]
    options += ["--hostname", "sandbox", "--ro-bind", "/usr", "/usr", *_system(), *_devices()]
    options += ["--tmpfs", str(OURS)] if OURS.is_relative_to("/usr") else []
    options += [*read_only(PREFIX), "--ro-bind", str(INSIDE), f"{THERE}/inside"]
    options += ["--size", str(limits.disk_bytes), "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    return [*options, *mounts, "--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108


def takes_users() -> bool:
    """Whether any user id is ours to take: for root, but not for a rootless container's."""
    everybody = ["0", "0", str(2**32 - 1)]
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == everybody


def _identity() -> list[str]:
    """Root keeps what `bounds` needs to become somebody else, and loses it by that."""
    if takes_users():
        return ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    nobody = ["--uid", str(NOBODY), "--gid", str(NOBODY)]
    return ["--unshare-user", *nobody, "--cap-drop", "ALL"]


def _system() -> Iterator[str]:
    for path in (Path("/", name) for name in SYSTEM):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))


def _devices() -> Iterator[str]:
    yield from ("--perms", "0755", "--dir", "/dev", "--perms", "0755", "--dir", THERE)
    for name in DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")


def read_only(folder: Path) -> list[str]:
    """Options that show a folder at its own place; none where it is shown already."""
    if folder.is_relative_to("/usr"):
        return []
    parents = [part for above in reversed(folder.parents) for part in _folder(above)]
    return [*parents, "--ro-bind", str(folder), str(folder)]


def _folder(path: Path) -> list[str]:
    return [] if path == Path("/") else ["--perms", "0755", "--dir", str(path)]


def bounds(limits: Limits) -> list[str]:
    """What runs first in the box: sets the kernel's limits for all that follows."""
    cpu = max(1, round(limits.cpu_seconds))
    options = [f"--cpu={cpu}:{cpu + 1}", f"--data={limits.memory_bytes}", "--core=0"]
    options += [f"--nofile={limits.open_files}", f"--fsize={limits.disk_bytes}"]
    if not takes_users():
        return ["prlimit", *options, *_processes(limits)]
    user = str(FIRST_USER + next(_users) % USERS)
    become = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all"]
    return ["prlimit", *options, f"--nproc={limits.processes}", *become]


def _processes(limits: Limits) -> list[str]:
    """Before 5.14 Linux counted a user's processes outside the box, too; the watch counts then."""
    release = platform.release().split(".")
    counted_inside = (int(release[0]), int(release[1])) >= (5, 14)
    return [f"--nproc={limits.processes}"] if counted_inside else []
