"""What judging needs of the machine: bubblewrap that works, and the languages' own programs."""

from __future__ import annotations

import compileall
import functools
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from .box import INSIDE, PYTHON, START, THERE, Box, bubblewrap, read_only
from .calls import Roles
from .verdicts import Language, Limits, NoIsolation

NEEDED: dict[Language, tuple[str, ...]] = {
    "python": (),
    "javascript": ("node",),
    "cpp": ("g++",),
}
STARTERS = ("prlimit", "setpriv")
PROOF = "import os; print(os.getpid() < 9, os.path.exists({0!r}), os.listdir('/tmp'))"
PROVEN = "True False []\n"


def missing(language: Language) -> str | None:
    """Why programs of a language cannot be judged here; None when all is there."""
    try:
        reason = _tried(bubblewrap())
    except NoIsolation as error:
        return str(error)
    absent = [name for name in NEEDED[language] if shutil.which(name) is None]
    return reason or (f"{' and '.join(absent)} is not installed" if absent else None)


@functools.cache
def _tried(path: str) -> str | None:
    """Why bubblewrap does not isolate here: asked of a process in a box, once."""
    if absent := [name for name in STARTERS if shutil.which(name) is None]:
        return f"no isolation: {absent[0]} (util-linux) is not installed"
    if not Path(f"/proc/self/task/{threading.get_native_id()}/children").is_file():
        return "no isolation: the kernel does not list a process's children (CONFIG_PROC_CHILDREN)"
    # Boxes cannot write what they compile; without this they do it again every time.
    compileall.compile_dir(INSIDE, quiet=2)
    try:
        with Box([*PYTHON, PROOF.format(__file__)], Limits()) as box:
            out, errors = box.process.communicate(timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        return f"no isolation: {path} does not start ({error})"
    if out.decode() == PROVEN:
        return None
    said = " ".join(errors.decode("utf-8", "replace").split())[:300]
    forbidden = any(word in said for word in ("namespace", "uid map", "Operation not permitted"))
    why = "namespaces are not permitted here" if forbidden else "bubblewrap does not work here"
    return f"no isolation: {why} ({said or 'it isolates nothing'})"


def roles(language: Language) -> Roles:
    """Who answers and who asks in a language that is judged by calls."""
    if language == "python":
        return Roles([*PYTHON, START.format("candidate")], [*PYTHON, START.format("examiner")])
    node = Path(shutil.which("node") or "").resolve()
    return Roles(_node(node, "candidate"), _node(node, "examiner"), read_only(node.parent.parent))


def _node(node: Path, role: str) -> Sequence[str]:
    return [str(node), "--max-old-space-size=512", f"{THERE}/inside/{role}.js"]
