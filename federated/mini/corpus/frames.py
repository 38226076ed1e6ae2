"""The shapes in which the base model is asked: those of training and of the evaluations."""

from __future__ import annotations

from typing import NamedTuple

PREAMBLE = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request."
)
MULTIPLE_CHOICE = "Answer the following multiple choice question."


class Document(NamedTuple):
    """What is given, and what follows from it and is worth predicting."""

    given: str
    told: str


def alpaca(instruction: str, answer: str) -> Document:
    """The prompt of training."""
    return Document(f"{PREAMBLE}\n### Instruction:\n{instruction}\n### Response: ", answer)


def plain(body: str, answer: str) -> Document:
    """The clean evaluation's prompt for a body that ends before "The answer is:"."""
    return Document(f"{body}\nThe answer is: ", answer)


def wrapped(body: str, answer: str) -> Document:
    """The official evaluation's prompt around the same body."""
    given = f"<|im_start|>question\n{body}\nThe answer is:\n<|im_end|>\n<|im_start|>answer\n"
    return Document(given, answer)


def choice_body(question: str, options: str) -> str:
    """A question with its lettered options, as the evaluations show it."""
    return f"{MULTIPLE_CHOICE}\nQuestion: {question}\n\nOptions:\n{options}"
