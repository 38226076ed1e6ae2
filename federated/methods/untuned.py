"""Control: the base model as it is."""

from __future__ import annotations

from .base import Method

METHOD = Method(
    key="untuned",
    title="Untuned",
    paper="A control, no paper",
    summary="The base model as it is, without any tuning.",
    control=True,
    predictor="base",
)
