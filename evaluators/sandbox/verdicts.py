"""What goes into the sandbox and what comes out of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["python", "javascript", "cpp"]

Reason = Literal[
    "passed",
    "wrong answer",
    "exception",
    "does not compile",
    "time limit",
    "memory limit",
    "output limit",
    "process limit",
    "disk limit",
    "ended early",
    "not a plain value",
    "broken tests",
]
"""Why a verdict is what it is.

wrong answer       an answer that the tests do not accept
exception          the program raised one, or crashed
ended early        the program ended before it had answered every call
not a plain value  an answer that is more than data (an object, a generator), or none of ours
broken tests       the dataset's own tests could not be read; found before the program is asked
"""

KIBIBYTE, MEBIBYTE, GIBIBYTE = 2**10, 2**20, 2**30
SHOWN_BYTES = 64 * KIBIBYTE
"""So much of what a program printed is kept."""


class Program(NamedTuple):
    """A model-written program and the dataset's tests for it."""

    language: Language
    code: str
    """Model-written, whole: the dataset's prompt and the completion."""
    tests: str
    """Trusted: HumanEval's `test` + "check(entry)"; MBPP's asserts; MultiPL-E's `tests`."""
    entry_point: str = ""
    """The function under test; "" where it has to be read from the tests."""
    setup: str = ""
    """MBPP's test_setup_code; runs on the program's side, since it uses the program's classes."""
    given: str = ""
    """Trusted: the dataset's own prompt, whose helper functions the tests may use."""


class Verdict(NamedTuple):
    """What was found out about a program."""

    passed: bool
    reason: Reason
    detail: str
    """One line: the exception, the assertion that failed; "" where the reason says all."""
    stdout: str
    """What the program printed, cut at 64 KiB."""
    seconds: float


class Limits(NamedTuple):
    """What one program may use. Time is also limited for all its processes together."""

    wall_seconds: float = 10.0
    cpu_seconds: float = 8.0
    memory_bytes: int = GIBIBYTE
    processes: int = 64
    """At once; threads count, and node has a dozen."""
    open_files: int = 128
    files: int = 10_000
    """On its private disk."""
    disk_bytes: int = 64 * MEBIBYTE
    output_bytes: int = 8 * MEBIBYTE
    """Printed, and in one answer."""


class NoIsolation(Exception):
    """Programs cannot be judged here; the sentence says what is missing."""


class Stopped(Exception):
    """Whoever wanted the verdict wants it no more."""
