"""Judging by calls (Python, JavaScript): a program's box answers, an examiner's asks and compares.

Two pipes join the boxes; a third brings the examiner's report here. The program's box holds
neither the tests nor an expected value, so all that it can do to a verdict is answer well.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from io import FileIO
from typing import NamedTuple, get_args

from .box import Box
from .verdicts import SHOWN_BYTES, Limits, NoIsolation, Program, Reason, Verdict
from .watch import Stream, Waiting, follow

LAST_WORDS_SECONDS = 0.2
"""How long a program that has answered everything may take to end."""
DETAIL_CHARACTERS = 1000
STARTERS = ("bwrap:", "prlimit:", "setpriv:")
BY_SIGNAL = 128
"""What a process that a signal ended answers, less the signal's number."""
NODE_OUT_OF_MEMORY = "heap out of memory"

Report = tuple[Reason, str]


class Roles(NamedTuple):
    """The command lines of a language; descriptors are appended to them."""

    candidate: Sequence[str]
    examiner: Sequence[str]
    mounts: Sequence[str] = ()


def judge(program: Program, roles: Roles, limits: Limits, waiting: Waiting) -> Verdict:
    """The verdict on a program."""
    began = time.monotonic()
    with ExitStack() as stack:
        # 1. Two boxes, joined.
        ask, answer, report = pipe(stack), pipe(stack), pipe(stack)
        code = program.code.encode("utf-8", "surrogatepass")
        box = _box(roles.candidate, roles, limits, code, [ask.read, answer.write])
        candidate = stack.enter_context(box)
        ends = [answer.read, ask.write, report.write]
        examiner = stack.enter_context(_box(roles.examiner, roles, limits, _job(program), ends))
        for end in (*ask, *answer, report.write):
            end.close()

        # 2. Until the examiner has said what it thinks.
        said, printed, errors, notes = (
            Stream(fd, SHOWN_BYTES)
            for fd in (report.read.fileno(), candidate.stdout, candidate.stderr, examiner.stderr)
        )
        streams = [said, printed, errors, notes, Stream(examiner.stdout, 0)]
        deadline = began + limits.wall_seconds
        broken = follow([candidate, examiner], streams, said.ended, limits, waiting, deadline)

        # 3. What the program printed last, and how it ended.
        reason, detail = (broken, "") if broken else _read(said, notes)
        if not broken:
            last_words([printed, errors], limits, waiting)
        if reason == "ended early":
            reason, detail = ending(candidate, errors.text)
    seconds = round(time.monotonic() - began, 3)
    return Verdict(reason == "passed", reason, one_line(detail), printed.text, seconds)


class Pipe(NamedTuple):
    """A pipe's two ends."""

    read: FileIO
    write: FileIO


def pipe(stack: ExitStack) -> Pipe:
    """A pipe that is closed with the stack."""
    read, write = os.pipe()
    return Pipe(stack.enter_context(FileIO(read, "r")), stack.enter_context(FileIO(write, "w")))


def _box(
    command: Sequence[str], roles: Roles, limits: Limits, content: bytes, ends: Sequence[FileIO]
) -> Box:
    fds = [end.fileno() for end in ends]
    return Box([*command, *map(str, fds)], limits, content, fds, roles.mounts)


def _job(program: Program) -> bytes:
    job = program._asdict() | {"longest": Limits().output_bytes}
    del job["code"]
    return json.dumps(job).encode()


def _read(said: Stream, notes: Stream) -> Report:
    """The examiner's report; a box that could not even start is nobody's wrong answer."""
    if not said.content and notes.text.startswith(STARTERS):
        raise NoIsolation(f"no isolation: {one_line(notes.text)}")
    try:
        reason, detail = json.loads(said.text)
    except ValueError:
        return "wrong answer", f"the tests ended without a report: {notes.text.strip()[-200:]}"
    assert reason in get_args(Reason)
    return reason, detail


def last_words(streams: Sequence[Stream], limits: Limits, waiting: Waiting) -> None:
    """Read what still comes, for a moment."""
    for stream in streams:
        follow([], streams, stream.ended, limits, waiting, time.monotonic() + LAST_WORDS_SECONDS)


def ending(box: Box, errors: str) -> Report:
    """Why a program ended before its time."""
    try:
        status = box.process.wait(LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired:
        return "ended early", "it stopped answering"
    if NODE_OUT_OF_MEMORY in errors:
        return "memory limit", ""
    try:
        name = signal.Signals(status - BY_SIGNAL).name
    except ValueError:
        return "ended early", f"exit status {status}"
    return ("time limit", "") if name == "SIGXCPU" else ("exception", f"ended by {name}")


def one_line(text: str) -> str:
    """A text for a line, which any encoding of Unicode can hold."""
    return " ".join(text.split())[:DETAIL_CHARACTERS].encode("utf-8", "replace").decode()
