"""What re-scoring says of one set of a published run."""

from __future__ import annotations

from typing import NamedTuple


class Malformed(Exception):
    """A published file that cannot be read; names the file and, where there is one, the line."""


class Line(NamedTuple):
    """The outcome for one set."""

    set: str
    run: str
    n: int | None = None
    accuracy: float | None = None
    published: float | None = None
    equal: bool | None = None
    problem: str = ""
    """Why there is no comparison; empty where there is one."""

    def __str__(self) -> str:
        name = f"{self.set}{f' ({self.run})' if self.run else ''}"
        if self.problem:
            return f"{name}: {self.problem}"
        verdict = "equal" if self.equal else "DIFFERENT"
        return f"{name}: n {self.n}, ours {self.accuracy}, published {self.published}, {verdict}"
