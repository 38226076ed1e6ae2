"""Judging C++: a program that prints its answers, a program that prints the wanted ones.

MultiPL-E's tests are assertions of one form, `assert(candidate(ARGUMENTS) == WANTED);`. The
candidate's program gets the arguments only, and prints each answer as JSON; a second program, with
nothing of the candidate's in it, prints the wanted values; they are compared here, by C++'s rules.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from . import cache, equality
from .box import PYTHON, START, THERE, Box, read_only
from .calls import ending, last_words, one_line, pipe
from .verdicts import SHOWN_BYTES, Limits, Program, Reason, Verdict
from .watch import Stream, Waiting, follow

STANDARD = "-std=c++17"
"""MultiPL-E's; no optimisation, as there."""
HEADER = f"{THERE}/header/plain.hpp"
COMPILE_SECONDS = 20.0

MAIN = "int main() {"
OURS = "int main(int, char **judge_arguments) try { const int judge_fd = atoi(judge_arguments[1]);"
CALL, IS, END = "assert(candidate(", " == ", ");"
CAUGHT = """
catch (const std::bad_alloc &) { ::judge_plain::raised(atoi(judge_arguments[1]), "bad_alloc", ""); }
catch (const std::exception &e) {
    ::judge_plain::raised(atoi(judge_arguments[1]), typeid(e).name(), e.what());
}
catch (...) { ::judge_plain::raised(atoi(judge_arguments[1]), "something", ""); }
"""
LITERALS = (
    (re.compile(r'"'), "std::string"),
    (re.compile(r"-?\d+$"), "long"),
    (re.compile(r"-?[\d.]+f$"), "float"),
    (re.compile(r"std::vector<std::string>\("), "std::vector<std::string>"),
)
"""The type of a wanted value, for the tests whose answers are unions."""

Answers = list[Any]


class Irregular(Exception):
    """Tests that are not of the one form."""


class Case(NamedTuple):
    """One assertion."""

    arguments: str
    wanted: str

    @property
    def type(self) -> str:
        """Of the wanted value where it is a literal; that much the candidate's program may know."""
        return next((name for form, name in LITERALS if form.match(self.wanted)), "void")


class Outcome(NamedTuple):
    """How a program's run ended."""

    answers: Answers
    broken: Reason | None
    ending: tuple[Reason, str]
    printed: str


def judge(program: Program, limits: Limits, waiting: Waiting) -> Verdict:
    """The verdict on a program."""
    began = time.monotonic()
    try:
        values = wanted_values(program.tests, limits, waiting)
    except Irregular as error:
        return Verdict(False, "broken tests", str(error), "", 0.0)
    outcome = run(candidate_source(program), limits, waiting)
    reason, detail = compared(outcome, values)
    seconds = round(time.monotonic() - began, 3)
    return Verdict(reason == "passed", reason, one_line(detail), outcome.printed, seconds)


def wanted_values(tests: str, limits: Limits, waiting: Waiting) -> Answers:
    """What the tests want, as the compiler understands it; kept between runs."""

    def ask() -> str:
        outcome = run(wanted_source(tests), limits, waiting, compile_seconds=120.0)
        if outcome.broken or len(outcome.answers) != len(parts(tests)[1]) + 1:
            raise Irregular(f"the wanted values do not compile: {outcome.answers[:1]}")
        return json.dumps(outcome.answers[1:])

    key = hashlib.sha256(f"{STANDARD}\n{cache.header_key()}\n{tests}".encode()).hexdigest()
    return list(json.loads(cache.kept(f"wanted-{key[:32]}.json", ask)))


def compared(outcome: Outcome, wanted: Answers) -> tuple[Reason, str]:
    """The reason of the verdict, and a line about it."""
    if outcome.broken:
        return outcome.broken, ""
    answers = outcome.answers
    if answers and answers[0][0] == "compile":
        return "does not compile", first_error(answers[0][1])
    for number, value in enumerate(wanted, 1):
        if number >= len(answers):
            return outcome.ending
        if verdict := differing(number, answers[number], value):
            return verdict
    return "passed", ""


def differing(number: int, answer: Any, wanted: Any) -> tuple[Reason, str] | None:
    """Why an answer will not do."""
    try:
        if answer[0] == "raised":
            return ("memory limit", "") if answer[1] == "bad_alloc" else ("exception", answer[2])
        if answer[0] == "odd":
            return "not a plain value", f"answer {number} is of type {answer[1]}"
        if equality.equal(answer, wanted):
            return None
        said = f"answer {number} was {equality.shown(answer)[:300]}"
        return "wrong answer", f"{said}, {equality.shown(wanted)[:300]} was wanted"
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return "not a plain value", f"answer {number} is not in the form of answers"


def first_error(notes: str) -> str:
    """The compiler's first complaint."""
    errors = [line for line in notes.splitlines() if "error:" in line]
    return errors[0] if errors else notes[-300:]


def run(
    source: str, limits: Limits, waiting: Waiting, compile_seconds: float = COMPILE_SECONDS
) -> Outcome:
    """Compile and run a program in one box; compiling has a time limit of its own."""
    with ExitStack() as stack:
        answers = pipe(stack)
        fd = answers.write.fileno()
        compiler = [compiler_path(), STANDARD, "-include", HEADER, "-w"]
        command = [*PYTHON, START.format("build"), str(fd), *compiler]
        content = source.encode("utf-8", "surrogatepass")
        box = stack.enter_context(Box(command, limits, content, [fd], mounts()))
        answers.write.close()

        said = Stream(answers.read.fileno(), limits.output_bytes)
        printed, errors = Stream(box.stdout, SHOWN_BYTES), Stream(box.stderr, SHOWN_BYTES)
        streams = [said, printed, errors]
        broken = None
        for until, seconds in ((said.began, compile_seconds), (said.ended, limits.wall_seconds)):
            deadline = time.monotonic() + seconds
            broken = broken or follow([box], streams, until, limits, waiting, deadline)
        if not broken:
            last_words([printed, errors], limits, waiting)
        end = ending(box, errors.text) if not broken else (broken, "")
    return Outcome(read(said.content), broken, end, printed.text)


def compiler_path() -> str:
    """The compiler's own place, past any link."""
    return str(Path(shutil.which("g++") or "g++").resolve())


def mounts() -> list[str]:
    """The compiler, our header and what the compiler made of it."""
    header = cache.header(compiler_path(), STANDARD)
    tools = read_only(Path(compiler_path()).parent.parent)
    return [*tools, "--ro-bind", str(header), str(Path(HEADER).parent)]


def read(content: bytearray) -> Answers:
    """The lines of a program; what is no JSON stands as null, which equals nothing."""
    return [_value(line) for line in content.splitlines()]


def _value(line: bytearray) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def candidate_source(program: Program) -> str:
    """The program, and a main that prints its answers."""
    around, cases = parts(program.tests)
    answers = [f"answer<{case.type}>(candidate({case.arguments}))" for case in cases]
    prints = [f"::judge_plain::send(judge_fd, ::judge_plain::{answer});" for answer in answers]
    return f"{program.code}\n{_filled(around, prints)}{CAUGHT}"


def wanted_source(tests: str) -> str:
    """A main that prints the wanted values; nothing of the candidate's is in it."""
    _, cases = parts(tests)
    prints = [
        f"::judge_plain::send(judge_fd, ::judge_plain::encode({case.wanted}));" for case in cases
    ]
    return "\n".join([OURS, *prints, "}", CAUGHT])


def _filled(around: Sequence[str], statements: Sequence[str]) -> str:
    """The text around the assertions, with other statements in their places."""
    pieces = [piece for pair in zip(around, [*statements, ""], strict=True) for piece in pair]
    return "".join(pieces).replace(MAIN, OURS)


def parts(tests: str) -> tuple[list[str], list[Case]]:
    """The assertions, and the text around them: one piece more than there are assertions."""
    around, cases, place = [], [], 0
    while (start := tests.find(CALL, place)) >= 0:
        around.append(tests[place:start])
        closed = _closing(tests, start + len(CALL))
        end = _closing(tests, closed + 1)
        middle = tests[closed + 1 : end]
        if not middle.startswith(IS) or tests[end : end + 2] != END:
            raise Irregular(f"not an assertion of the known form: {tests[start : end + 2][:200]}")
        cases.append(Case(tests[start + len(CALL) : closed], middle.removeprefix(IS)))
        place = end + len(END)
    around.append(tests[place:])
    if not cases or "".join(around).count(MAIN) != 1 or "assert" in "".join(around):
        raise Irregular("the tests are not assertions in a main function")
    return around, cases


STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')


def _closing(text: str, start: int) -> int:
    """Where the bracket closes that was opened before `start`; strings do not count."""
    depth, place = 1, start
    while place < len(text):
        if literal := STRING.match(text, place):
            place = literal.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
        place += 1
    raise Irregular(f"a bracket is not closed: {text[start - 1 :][:200]}")
