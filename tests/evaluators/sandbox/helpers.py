"""What the sandbox's tests share."""

from __future__ import annotations

import pytest

from evaluators.sandbox import Language, Limits, Program, missing

QUICK = Limits(wall_seconds=3.0, cpu_seconds=1.0, memory_bytes=512 * 2**20)
SQUARES = "assert square(3) == 9\nassert square(4) == 16"


def needs(language: Language) -> pytest.MarkDecorator:
    """Skip where programs of the language cannot be judged, and say why."""
    lacking = missing(language)
    return pytest.mark.skipif(lacking is not None, reason=str(lacking))


def squares(code: str) -> Program:
    """A program that is asked for two squares, by its function's name."""
    return Program("python", code, SQUARES, "square")


def python(code: str, tests: str, entry_point: str = "") -> Program:
    return Program("python", code, tests, entry_point)
