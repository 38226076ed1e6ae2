"""What can go wrong in an evaluation; the common failures are the engines' own."""

from __future__ import annotations

from federated.errors import BadData, BadJob, EngineError, NotInHub, OutOfMemory

__all__ = [
    "BadAdapter", "BadData", "BadJob", "BadOutputs", "EngineError", "NotInHub", "OutOfMemory",
    "Unscored",
]  # fmt: skip


class BadAdapter(EngineError):
    """An adapter that does not load onto its base model."""

    code = "bad-adapter"


class BadOutputs(EngineError):
    """Outputs that were handed in and hold nothing that can be scored."""

    code = "bad-outputs"


class Unscored(Exception):
    """One task that could not be scored, and why; the others go on."""
