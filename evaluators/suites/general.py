"""General NLP: MMLU (Hendrycks et al., arXiv:2009.03300) in FlowerTune's three groups, each scored
over all its questions (specification 3.2). The subjects and their order are the published ones."""

from __future__ import annotations

from .base import LETTERS, Row, Suite, Task, practice
from .questions import Choice, choice

INSTRUCTION = "Answer the following multiple choice question."

STEM = (
    "abstract_algebra", "anatomy", "astronomy", "college_biology", "college_chemistry",
    "college_computer_science", "college_mathematics", "college_physics", "computer_security",
    "conceptual_physics", "electrical_engineering", "elementary_mathematics",
    "high_school_biology", "high_school_chemistry", "high_school_computer_science",
    "high_school_mathematics", "high_school_physics", "high_school_statistics",
    "machine_learning",
)  # fmt: skip
SOCIAL_SCIENCES = (
    "econometrics", "high_school_geography", "high_school_government_and_politics",
    "high_school_macroeconomics", "high_school_microeconomics", "high_school_psychology",
    "human_sexuality", "professional_psychology", "public_relations", "security_studies",
    "sociology", "us_foreign_policy",
)  # fmt: skip
HUMANITIES = (
    "formal_logic", "high_school_european_history", "high_school_us_history",
    "high_school_world_history", "international_law", "jurisprudence", "logical_fallacies",
    "moral_disputes", "moral_scenarios", "philosophy", "prehistory", "professional_law",
    "world_religions",
)  # fmt: skip

NOT_A_NUMBER = ("None", "N/A")
"""Options that the published script reads as missing numbers and prints as "nan"."""

FIRST_CHARACTER = (
    "Of the output, without anything but letters and digits, the first character is the answer: "
    "“Answer” counts as A, “Based” as B.",
    "As many tokens may be written as the gold letter has, normally one. The published script "
    "takes this limit from the first question of a batch of 16, here it is each question's own.",
    "Questions whose prompts are equal overwrite each other's outputs there; here each keeps its "
    "own.",
)


def question(row: Row) -> Choice:
    """A row of cais/mmlu: four choices, the answer counted from 0."""
    return choice(row["question"], row["choices"], row["answer"], str(row["subject"]), NOT_A_NUMBER)


def _group(key: str, title: str, subjects: tuple[str, ...], n: int) -> Task:
    return Task(
        key=key,
        title=title,
        dataset="cais/mmlu",
        published="lukaemon/mmlu",
        configs=subjects,
        columns=("question", "subject", "choices", "answer"),
        read=question,
        form="choice",
        options=LETTERS,
        instruction=INSTRUCTION,
        n=n,
        quirks=(
            *FIRST_CHARACTER,
            "Options that read “None” or “N/A” are shown to the model as “nan” (10 questions, all "
            "in STEM).",
        ),
    )


GROUPS = (
    _group("stem", "MMLU STEM", STEM, 3153),
    _group("social_sciences", "MMLU social sciences", SOCIAL_SCIENCES, 3077),
    _group("humanities", "MMLU humanities", HUMANITIES, 4705),
)

GENERAL = Suite("general", "General NLP", "1", GROUPS)
PRACTICE = Suite(
    "general-mini",
    "General, practice data",
    "1",
    tuple(
        practice(GROUPS[0], key, title, f"mini/facts-{key}")
        for key, title in (
            ("science", "Facts of science"),
            ("society", "Facts of society"),
            ("humanities", "Facts of the humanities"),
        )
    ),
    practice=True,
)
