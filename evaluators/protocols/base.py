"""What a protocol says of one output."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """What was read out of an output, whether it is right, and whether it had the wanted form."""

    answer: str | None
    correct: bool
    compliant: bool
