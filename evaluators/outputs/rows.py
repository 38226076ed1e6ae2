"""One handed-in answer, whatever tool wrote it, and the file it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Shape = Literal["text", "segment", "completion", "program", "likelihoods"]
"""text         what the model wrote, perhaps with the prompt before it
segment      the part of it that was taken for the answer
completion   what was written after a program's beginning
program      a whole program
likelihoods  a log-likelihood for each answer"""


class Output(NamedTuple):
    """One answer. `gold` is the file's own: it tells items of equal prompts apart, no more."""

    where: str
    shape: Shape
    text: str = ""
    prompt: str = ""
    label: str = ""
    """The item's name in its dataset ("HumanEval/7")."""
    place: int | None = None
    """The item's number in its dataset, where the file goes by order."""
    gold: str | None = None
    likelihoods: tuple[tuple[str, float], ...] = ()
    """(answer, natural logarithm), in the file's order."""
    content: tuple[str, ...] = ()
    """Texts of the document that was asked, where the file has it."""

    @property
    def said(self) -> tuple[object, ...]:
        """What tells one answer from another."""
        return self.text, self.likelihoods


class Stack(NamedTuple):
    """One file of outputs."""

    file: str
    set: str
    outputs: tuple[Output, ...] = ()
    claims: Mapping[str, float] = {}
    """The scores that were handed in with it, as fractions by metric."""
    problem: str = ""
    """Why it cannot be read."""


def text_of(value: Any) -> str:
    """A text that can be stored: halves of surrogate pairs are replaced."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
