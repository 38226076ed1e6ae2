"""Control: always the commonest answer of each test. No model, no training."""

from __future__ import annotations

from .base import Method

METHOD = Method(
    key="majority",
    title="Majority class",
    paper="A control, no paper",
    summary="Always gives the commonest answer of each test. Whoever scores below it has learnt "
    "nothing the test can see.",
    control=True,
    predictor="majority",
)
