"""Runs model-written programs against a dataset's tests, in isolation, and says what came of it.

`judge` never runs a program bare: where isolation is missing it raises `NoIsolation`. A verdict is
out of the program's reach: the program only answers calls, from a box that holds no test; the
tests run in a second box, on plain values. See docs in `box`, `calls`, `cpp` and `verdicts`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from . import calls, cpp, tools
from .verdicts import Language, Limits, NoIsolation, Program, Reason, Stopped, Verdict
from .watch import Waiting

__all__ = [
    "Language", "Limits", "NoIsolation", "Program", "Reason", "Stopped", "Verdict",
    "judge", "judge_all", "missing",
]  # fmt: skip

missing = tools.missing
DEFAULT = Limits()


def judge(program: Program, limits: Limits = DEFAULT, waiting: Waiting = lambda: True) -> Verdict:
    """The verdict on one program; `NoIsolation` where it cannot be run safely.

    `Stopped` when `waiting` answers no meanwhile.
    """
    if lacking := missing(program.language):
        raise NoIsolation(lacking)
    if program.language == "cpp":
        return cpp.judge(program, limits, waiting)
    return calls.judge(program, tools.roles(program.language), limits, waiting)


def judge_all(
    programs: Sequence[Program],
    workers: int,
    on_done: Callable[[int], None] = lambda finished: None,
    limits: Limits = DEFAULT,
) -> list[Verdict]:
    """The verdicts in order; `on_done` hears 1 for each, in the caller's thread.

    An exception in the caller's thread (an interrupt) ends whatever runs before it goes on.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(workers, "sandbox") as pool:
        futures = [
            pool.submit(judge, program, limits, lambda: not stop.is_set()) for program in programs
        ]
        try:
            for future in as_completed(futures):
                future.result()
                on_done(1)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]
