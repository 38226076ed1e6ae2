"""Training data per domain, as data. Light: imports nothing heavy.

Sizes and client counts are those of the FlowerTune LLM Leaderboard. `original_mapping` is the
instruction its template builds; `mapping` is ours, which never loses the `input` column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

Row = Mapping[str, str]

COLUMNS = ("instruction", "input", "output")


class Domain(NamedTuple):
    """One federation: which data, cut for how many clients, shown to the model how."""

    key: str
    title: str
    dataset: str
    revision: str
    clients: int
    fraction: float
    label: Callable[[Row], str]
    """What a partition by label goes by: a kind of row, not always a column of its own."""
    mapping: Callable[[Row], str]
    original_mapping: Callable[[Row], str]
    base_model: str
    columns: tuple[str, ...] = COLUMNS
    practice: bool = False

    @property
    def label_words(self) -> str:
        """What a label is, as a caption says it."""
        return LABEL_WORDS[self.label]


def joined(row: Row) -> str:
    """Instruction, one space, input: what FlowerTune shows in finance and code."""
    return f"{row['instruction']} {row['input']}"


def filled(row: Row) -> str:
    """The same without a space that nothing follows."""
    return joined(row) if row["input"] else row["instruction"]


def instruction_only(row: Row) -> str:
    """FlowerTune's general NLP: the input is dropped."""
    return row["instruction"]


def input_only(row: Row) -> str:
    """FlowerTune's medical track: the input is the question, the instruction is dropped."""
    return row["input"]


def answer(row: Row) -> str:
    """Rows of one answer are one kind."""
    return row["output"]


def verb(row: Row) -> str:
    """The instruction's first word: Write, Summarize, What, ..."""
    return _first_words(row["instruction"], 1)


def opening(row: Row) -> str:
    """The question's first two words: What are, Who is, ..."""
    return _first_words(row["input"], 2)


def category(row: Row) -> str:
    """A column of its own."""
    return row["category"]


def _first_words(text: str, count: int) -> str:
    words = [word.strip(".,:;?!'\"()").lower() for word in text.split()[:count]]
    return " ".join(filter(None, words)) or "other"


LABEL_WORDS: Mapping[Callable[[Row], str], str] = {
    answer: "the answer",
    verb: "the instruction's first word",
    opening: "the question's first two words",
    category: "the row's category",
}

BASE_MODEL = "mistralai/Mistral-7B-v0.3"

GENERAL = Domain(
    key="general",
    title="General NLP",
    dataset="flwrlabs/alpaca-gpt4",
    revision="main",
    clients=20,
    fraction=0.1,
    label=verb,
    mapping=filled,
    original_mapping=instruction_only,
    base_model=BASE_MODEL,
)
FINANCE = Domain(
    key="finance",
    title="Finance",
    dataset="flwrlabs/fingpt-sentiment-train",
    revision="main",
    clients=50,
    fraction=0.1,
    label=answer,
    mapping=joined,
    original_mapping=joined,
    base_model=BASE_MODEL,
)
MEDICAL = Domain(
    key="medical",
    title="Medical",
    dataset="flwrlabs/medical-meadow-medical-flashcards",
    revision="main",
    clients=20,
    fraction=0.1,
    label=opening,
    mapping=filled,
    original_mapping=input_only,
    base_model=BASE_MODEL,
)
CODE = Domain(
    key="code",
    title="Code",
    dataset="flwrlabs/code-alpaca-20k",
    revision="main",
    clients=10,
    fraction=0.2,
    label=verb,
    mapping=filled,
    original_mapping=joined,
    base_model=BASE_MODEL,
)

PRACTICE_BASE = "mini/llama-1m"


def _practice(domain: Domain, title: str, dataset: str) -> Domain:
    """The same federation on practice data, whose rows say of which kind they are."""
    return domain._replace(
        key=f"{domain.key}-mini",
        title=title,
        dataset=dataset,
        label=category,
        columns=(*COLUMNS, "category"),
        base_model=PRACTICE_BASE,
        practice=True,
    )


DOMAINS: dict[str, Domain] = {
    domain.key: domain
    for domain in (
        GENERAL,
        FINANCE,
        MEDICAL,
        CODE,
        _practice(GENERAL, "General, practice data", "mini/facts-instruct"),
        _practice(FINANCE, "Finance, practice data", "mini/market-sentiment")._replace(
            label=answer, columns=COLUMNS
        ),
        _practice(MEDICAL, "Medical, practice data", "mini/clinic-flashcards"),
        _practice(CODE, "Code, practice data", "mini/tiny-tasks"),
    )
}
