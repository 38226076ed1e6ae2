"""Runs a dataset's Python tests against a program in another box, and reports the verdict.

The tests see a function that asks the other box; the values that come back are plain, and are
compared here. Standard input holds the job: tests, entry_point, setup, given, longest.
"""

from __future__ import annotations

import builtins
import os
import sys

from .channel import Channel, TooLong
from .lines import dumps, loads
from .plain import NotPlain, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Message = dict[str, Any]

LIMITS = ("process limit", "disk limit")
SHOWN_CHARACTERS, DETAIL_CHARACTERS = 300, 1000
TESTS = "tests"
NOT_OURS = "the answer is not in the form of answers"


class Verdict(BaseException):
    """Ends the examination; not an Exception, so that no test catches it by accident."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail


class Program:
    """The program in the other box."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.raised: BaseException | None = None
        self.answer: Any = None
        self.asked = False

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call with values that the tests computed."""
        try:
            request = {"call": name, "args": encode(list(args)), "kwargs": encode(kwargs)}
        except NotPlain as odd:
            raise Verdict("broken tests", f"an argument of type {odd}") from None
        return self.ask(request)

    def evaluate(self, source: str) -> Any:
        """An expression of the tests that needs the program's names."""
        return self.ask({"evaluate": source})

    def ask(self, request: Message | None) -> Any:
        """Send a request, if there is one, and wait for the value; raises what the program did."""
        kind, content = self._exchange(request)
        self.asked |= request is not None
        if kind == "value":
            self.answer = content
            return content
        if kind == "raised":
            self.raised = exception(*content)
            raise self.raised
        if kind == "compile":
            raise Verdict("does not compile", content)
        raise Verdict("not a plain value", f"the answer is of type {content}")

    def _exchange(self, request: Message | None) -> tuple[str, Any]:
        try:
            if request is not None:
                self.channel.send(request)
            return understood(self.channel.receive())
        except (EOFError, BrokenPipeError):
            raise Verdict("ended early") from None
        except TooLong:
            raise Verdict("output limit", "the answer is too long") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise Verdict("not a plain value", NOT_OURS) from None


def understood(answer: Any) -> tuple[str, Any]:
    """The kind and the content of an answer; one of several errors where it is none."""
    [(kind, content)] = answer.items()
    if kind == "value":
        return kind, decode(content)
    if kind == "raised":
        name, message = content
        return kind, (str(name), str(message))
    return kind, str(content)


def exception(name: str, message: str) -> BaseException:
    """Tests may expect an exception: it is what it was, where that is built in."""
    if name == "MemoryError":
        return Verdict("memory limit")
    if name in LIMITS:
        return Verdict(name, message)
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except TypeError:
            pass
    return RuntimeError(f"{name}: {message}")


def examine(job: Message, program: Program) -> None:
    """Ends with a `Verdict`."""
    try:
        names, tests = prepare(job, program)
    except Exception as error:
        raise Verdict("broken tests", said(error)) from None
    try:
        program.ask(None)
        if job["setup"]:
            program.ask({"execute": job["setup"]})
        exec(tests, names)  # noqa: S102
    except Verdict:
        raise
    except BaseException as error:
        if error is program.raised:
            raise Verdict("exception", said(error)) from None
        raise Verdict("wrong answer", failed(error, job["tests"], program.answer)) from None
    if not program.asked:
        raise Verdict("broken tests", "they ask the program nothing")
    raise Verdict("passed")


def prepare(job: Message, program: Program) -> tuple[Message, Any]:
    """The names that the tests see, and the tests compiled."""
    if "random" in job["tests"]:  # some draw their questions: the same ones every time
        import random

        random.seed(0)
    names: Message = {"__name__": "tests"}
    if entry_point := job["entry_point"]:
        exec(compile(job["given"], "given", "exec"), names)  # noqa: S102
        names[entry_point] = lambda *args, **kwargs: program.call(entry_point, args, kwargs)
        return names, compile(job["tests"], TESTS, "exec")
    from .questions import asked

    names["program"] = program
    return names, compile(asked(job["tests"]), TESTS, "exec")


def failed(error: BaseException, tests: str, answer: Any) -> str:
    """The line of the tests that was not satisfied, and the program's last answer."""
    line, step = "", error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == TESTS:
            line = tests.splitlines()[step.tb_lineno - 1].strip()
        step = step.tb_next
    why = "" if isinstance(error, AssertionError) else f" ({said(error)})"
    return f"{line[:SHOWN_CHARACTERS]}{why}; the last answer was {shortened(answer)}"


def said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:SHOWN_CHARACTERS]


def shortened(value: Any) -> str:
    """A value for people."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "too long to be shown"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def main() -> None:
    """The arguments are the descriptors: the channel's two, and where the verdict goes."""
    read, write, report = map(int, sys.argv[1:])
    with open(0, "rb") as file:
        job = loads(file.read())
    try:
        examine(job, Program(Channel(read, write, job["longest"])))
    except Verdict as verdict:
        os.write(report, dumps([verdict.reason, verdict.detail[:DETAIL_CHARACTERS]]))
    os._exit(0)
