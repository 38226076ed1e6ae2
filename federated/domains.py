"""Training data per domain, as data. Light: imports nothing heavy.

Sizes and client counts are those of the FlowerTune LLM Leaderboard. `original_mapping` is the
instruction its template builds; `mapping` is ours, which never loses the `input` column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

Row = Mapping[str, str]


class Domain(NamedTuple):
    """One federation: which data, cut for how many clients, shown to the model how."""

    key: str
    title: str
    dataset: str
    revision: str
    clients: int
    fraction: float
    label: str
    mapping: Callable[[Row], str]
    original_mapping: Callable[[Row], str]
    base_model: str
    practice: bool = False


def joined(row: Row) -> str:
    """Instruction, one space, input: what FlowerTune shows in finance and code."""
    return f"{row['instruction']} {row['input']}"


FINANCE = Domain(
    key="finance",
    title="Finance",
    dataset="flwrlabs/fingpt-sentiment-train",
    revision="main",
    clients=50,
    fraction=0.1,
    label="output",
    mapping=joined,
    original_mapping=joined,
    base_model="mistralai/Mistral-7B-v0.3",
)

DOMAINS: dict[str, Domain] = {
    domain.key: domain
    for domain in (
        FINANCE,
        FINANCE._replace(
            key="finance-mini",
            title="Finance, practice data",
            dataset="mini/market-sentiment",
            base_model="mini/llama-1m",
            practice=True,
        ),
    )
}
