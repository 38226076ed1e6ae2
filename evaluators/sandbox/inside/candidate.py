"""Runs a model-written Python program as a server of calls; nothing that it says is a verdict.

One line a request, one line an answer:
    {"call": name, "args": [...], "kwargs": {...}}, {"evaluate": source}, {"execute": source}
    {"value": ...}, {"raised": [type, message]}, {"compile": message}, {"odd": type}
The first answer, without a request, is about the program itself. Standard input holds its code.
"""

from __future__ import annotations

import errno
import os
import sys
import types

from .channel import Channel
from .plain import NotPlain, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Answer = dict[str, Any]

LONGEST = 2**26
ERRORS = {errno.EAGAIN: "process limit", errno.ENOSPC: "disk limit", errno.EFBIG: "disk limit"}


def main() -> None:
    """Serve until the examiner hangs up; the arguments are the channel's two descriptors."""
    read, write = _hidden(sys.argv[1:])
    channel = Channel(read, write, LONGEST)
    with open(0, "rb") as file:
        code = file.read().decode("utf-8", "surrogatepass")
    os.open(os.devnull, os.O_RDONLY)
    sys.argv[:] = ["solution.py"]
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    serve(channel, code, vars(module))


def _hidden(numbers: list[str]) -> list[int]:
    """The same descriptors out of the reach of programs that this one may start."""
    for number in numbers:
        os.set_inheritable(int(number), False)
    return list(map(int, numbers))


def serve(channel: Channel, code: str, names: dict[str, Any]) -> None:
    """Answer about the program, then call by call."""
    answer = _compiled(code, names)
    while True:
        _flush()
        channel.send(answer)
        try:
            request = channel.receive()
        except EOFError:
            os._exit(0)
        answer = _answer(lambda: _do(request, names))  # noqa: B023


def _compiled(code: str, names: dict[str, Any]) -> Answer:
    try:
        program = compile(code, "solution.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return {"compile": f"{type(error).__name__}: {error}"}
    return _answer(lambda: exec(program, names))  # noqa: S102


def _do(request: Answer, names: dict[str, Any]) -> Any:
    if "evaluate" in request:
        return eval(request["evaluate"], names)  # noqa: S307
    if "execute" in request:
        return exec(request["execute"], names)  # noqa: S102
    name = request["call"]
    if name not in names:
        raise NameError(f"name {name!r} is not defined")
    arguments, options = decode(request["args"]), decode(request["kwargs"])
    return names[name](*arguments, **options)


def _answer(work: Callable[[], Any]) -> Answer:
    try:
        value = work()
    except SystemExit:
        raise
    except BaseException as error:
        return {"raised": _raised(error)}
    return _plain(value)


def _plain(value: Any) -> Answer:
    try:
        return {"value": encode(value)}
    except NotPlain as odd:
        return {"odd": str(odd)}
    except RecursionError:
        return {"odd": "something nested too deeply"}


def _raised(error: BaseException) -> list[str]:
    name = type.__getattribute__(type(error), "__name__")
    if isinstance(error, OSError) and error.errno in ERRORS:
        name = ERRORS[error.errno]
    try:
        args = error.args
        message = args[0] if len(args) == 1 and type(args[0]) is str else str(error)
        return [name, message[:500]]
    except BaseException:
        return [name, ""]


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BaseException:  # the program may have closed or replaced it
        return
