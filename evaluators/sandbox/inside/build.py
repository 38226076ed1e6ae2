"""Compiles a C++ program and becomes it; standard input holds the source.

The arguments are the descriptor of the answers, whose number the program gets in turn, and the
compiler's command line. The first answer is ["ready"] or ["compile", the compiler's words].
"""

# pathlib takes longer to import than a program to start.
# ruff: noqa: PTH123, PTH108

from __future__ import annotations

import os
import sys

from .lines import dumps

SOURCE, PROGRAM, NOTES = "/tmp/solution.cpp", "/tmp/solution", "/tmp/notes"  # noqa: S108
SHOWN_BYTES = 4096


def main() -> None:
    """Does not return."""
    answers, compiler = int(sys.argv[1]), sys.argv[2:]
    with open(0, "rb", closefd=False) as file, open(SOURCE, "wb") as source:
        source.write(file.read())
    os.set_inheritable(answers, False)
    if not compiled([*compiler, SOURCE, "-o", PROGRAM]):
        with open(NOTES, "rb") as notes:
            said = notes.read(SHOWN_BYTES).decode("utf-8", "replace")
        os.write(answers, dumps(["compile", said]))
        os._exit(0)
    os.unlink(SOURCE)
    os.write(answers, dumps(["ready"]))
    os.set_inheritable(answers, True)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execv(PROGRAM, ["solution", str(answers)])  # noqa: S606


def compiled(command: list[str]) -> bool:
    """Whether the compiler was content; what it says goes to `NOTES`."""
    notes = os.open(NOTES, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    actions = [(os.POSIX_SPAWN_DUP2, notes, 1), (os.POSIX_SPAWN_DUP2, notes, 2)]
    child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    return os.waitpid(child, 0)[1] == 0
