"""The reason without which nobody acts on what is somebody else's."""

from __future__ import annotations

from .requeue import NotPossible

MOST_WORDS = 1_000
"""Characters of a reason."""


def reason_of(text: str) -> str:
    """The reason, trimmed; `NotPossible` where there is none or it is a book."""
    reason = text.strip()
    if not 0 < len(reason) <= MOST_WORDS:
        raise NotPossible(
            f"A reason of {len(reason):,} characters was given; 1 to {MOST_WORDS:,} are wanted. "
            "It is kept with the act."
        )
    return reason
