"""Which tasks make a domain's score, as data. Light: no torch, no lm_eval, no datasets.

One file a domain, with the FlowerTune track and the same questions on the project's own practice
data. Hub ids are those that load without dataset scripts; `Task.published` names the one that the
published evaluator loads where it is another.
"""

from __future__ import annotations

from . import code, finance, general, medical
from .base import Form, Holdout, Language, Row, Suite, Task, practice

EVALUATOR_VERSION = "2"
"""Raised whenever an item's verdict could change; scores of two versions are never mixed."""

SEED = 2024

SUITES: dict[str, Suite] = {
    suite.key: suite
    for suite in (
        general.GENERAL,
        finance.FINANCE,
        medical.MEDICAL,
        code.CODE,
        general.PRACTICE,
        finance.PRACTICE,
        medical.PRACTICE,
        code.PRACTICE,
    )
}

__all__ = [
    "EVALUATOR_VERSION",
    "SEED",
    "SUITES",
    "Form",
    "Holdout",
    "Language",
    "Row",
    "Suite",
    "Task",
    "practice",
]
