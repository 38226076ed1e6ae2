"""Medical: PubMedQA, MedMCQA, MedQA and CareQA with the published instructions (specification 3.4).

The instruction lines are interface strings: their hashes are tested. CareQA is read from the hub;
a mirror without it leaves the suite incomplete.
"""

from __future__ import annotations

from .base import LETTERS, Row, Suite, Task, practice
from .general import FIRST_CHARACTER
from .general import INSTRUCTION as PLAIN
from .questions import Choice, Decision, choice, one_of, text

DECISIONS = ("yes", "no", "maybe")

STATEMENT = (
    "As an expert doctor in clinical science and medical knowledge, can you tell me if the "
    "following statement is correct? Answer yes, no, or maybe."
)
_KNOWLEDGE = (
    "basic and clinical science, medical knowledge, and mechanisms underlying health, disease, "
    "patient care, and modes of therapy"
)
_GUIDELINES = (
    "Base your answer on the current and standard practices referenced in medical guidelines."
)
LICENSING = " ".join(
    (
        "You are a medical doctor taking the US Medical Licensing Examination.",
        f"You need to demonstrate your understanding of {_KNOWLEDGE}.",
        "Show your ability to apply the knowledge essential for medical practice.",
        "For the following multiple-choice question, select one correct answer from A to E.",
        _GUIDELINES,
    )
)
ENTRANCE = " ".join(
    (
        "You are a medical doctor answering realworld medical entrance exam questions.",
        f"Based on your understanding of {_KNOWLEDGE},",
        "answer the following multiple-choice question.",
        "Select one correct answer from A to D.",
        _GUIDELINES,
    )
)


def abstract(row: Row) -> Decision:
    """PubMedQA: the abstract's paragraphs, one a line, then the question."""
    paragraphs = [text(each, "CONTEXTS") for each in row["CONTEXTS"]]
    gold = one_of(row["final_decision"], DECISIONS, "final_decision")
    return Decision("\n".join(paragraphs), text(row["QUESTION"], "QUESTION"), gold)


def entrance(row: Row) -> Choice:
    """MedMCQA: four columns of options, `cop` counts from 0."""
    options = [row[name] for name in ("opa", "opb", "opc", "opd")]
    return choice(row["question"], options, row["cop"], str(row["subject_name"] or ""))


def licensing(row: Row) -> Choice:
    """MedQA: the right option is the first one whose text is the answer."""
    options = [option["value"] for option in row["options"]]
    if row["answer"] not in options:
        raise ValueError(f"answer is {row['answer']!r}, which is none of its options")
    return choice(row["question"], options, options.index(row["answer"]), str(row["meta_info"]))


def care(row: Row) -> Choice:
    """CareQA: four columns of options, `cop` counts from 1."""
    options = [row[f"op{number}"] for number in range(1, 5)]
    cop = row["cop"]
    answer = cop - 1 if isinstance(cop, int) else cop
    return choice(row["question"], options, answer, str(row["category"]))


PUBMEDQA = Task(
    key="pubmedqa",
    title="PubMedQA",
    dataset="bigbio/pubmed_qa",
    revision="refs/convert/parquet",  # its loading script no longer runs
    configs=("pubmed_qa_labeled_fold0_source",),
    columns=("QUESTION", "CONTEXTS", "final_decision"),
    read=abstract,
    form="decision",
    options=DECISIONS,
    instruction=STATEMENT,
    n=500,
    quirks=(
        "Only “yes” and “no” are read as answers, doubled ones mended (“yesno” is yes); “maybe”, "
        "gold for 55 of 500 questions, counts only if the output is that word and no more.",
        FIRST_CHARACTER[1].replace("letter", "word"),
    ),
)
MEDMCQA = Task(
    key="medmcqa",
    title="MedMCQA",
    dataset="openlifescienceai/medmcqa",
    published="medmcqa",
    splits=("validation",),
    columns=("question", "opa", "opb", "opc", "opd", "cop", "subject_name"),
    read=entrance,
    form="choice",
    options=LETTERS,
    instruction=ENTRANCE,
    n=4183,
    quirks=(*FIRST_CHARACTER, "The test set is the data's validation split."),
)
MEDQA = Task(
    key="medqa",
    title="MedQA",
    dataset="bigbio/med_qa",
    revision="refs/convert/parquet",  # its loading script no longer runs
    configs=("med_qa_en_4options_source",),
    columns=("question", "answer", "options", "meta_info"),
    read=licensing,
    form="choice",
    options=LETTERS,
    instruction=LICENSING,
    n=1273,
    quirks=(*FIRST_CHARACTER, "The prompt asks for an answer “from A to E”; there are four."),
)
CAREQA = Task(
    key="careqa",
    title="CareQA",
    dataset="HPAI-BSC/CareQA",
    configs=("CareQA_en",),
    columns=("question", "op1", "op2", "op3", "op4", "cop", "category"),
    read=care,
    form="choice",
    options=LETTERS,
    instruction=ENTRANCE,
    n=5621,
    quirks=FIRST_CHARACTER,
)

MEDICAL = Suite("medical", "Medical", "1", (PUBMEDQA, MEDMCQA, MEDQA, CAREQA))
PRACTICE = Suite(
    "medical-mini",
    "Medical, practice data",
    "1",
    (
        practice(
            PUBMEDQA,
            "trials",
            "Trial notes",
            "mini/trial-notes",
            instruction="Is the statement correct? Answer yes, no, or maybe.",
        ),
        practice(MEDMCQA, "clinic", "Clinic choice", "mini/clinic-choice", instruction=PLAIN),
    ),
    practice=True,
)
