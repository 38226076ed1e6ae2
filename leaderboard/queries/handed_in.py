"""What somebody handed in that was made elsewhere, in words for its page."""

from __future__ import annotations

from typing import Any

from leaderboard.models import Submission
from leaderboard.records import HandedIn, Remark

TITLES = {
    "adapter": "An adapter that was trained elsewhere and is evaluated here",
    "outputs": "Outputs of an evaluation elsewhere, scored here from each answer",
    "numbers": "Numbers that were reported, without anything to check them by",
}
LABELS = {
    "method": "Method",
    "base_model": "Base model",
    "base_revision": "Base revision",
    "rounds": "Rounds",
    "clients_per_round": "Clients a round",
    "communication_mb": "Sent in all, MB",
    "trained_parameters": "Trained parameters",
    "licence": "Licence",
    "training_data": "Training data",
}
"""In the page's order; name, board, description, links and scores have places of their own."""


def handed_in(submission: Submission) -> HandedIn | None:
    """None for a recipe, which speaks for itself."""
    if submission.kind == "recipe":
        return None
    said = submission.declared
    return HandedIn(
        title=TITLES[submission.kind],
        format=submission.upload_format,
        digest=submission.upload,
        said=tuple((label, _shown(said[key])) for key, label in LABELS.items() if key in said),
        links=tuple(said.get("links", ())),
        remarks=tuple(Remark(**finding) for finding in submission.findings),
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)
