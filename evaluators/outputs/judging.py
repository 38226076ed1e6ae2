"""From answers that belong to items to the rows that scores come from: our golds, our reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .. import programs, protocols
from ..documents import Document
from ..errors import Unscored
from ..items import Item, judged
from ..job import Protocol
from ..protocols import sentiment
from ..suites import Task
from .prompts import asked
from .rows import Output

Given = Sequence[tuple[Document, Sequence[Output]]]
"""Every item in order, with its answers."""


def questions(task: Task, protocol: Protocol, given: Given) -> list[Item]:
    """One row an item."""
    judge = likeliest if protocol == "clean" else read
    return [judge(task, doc, single(doc, outputs)) for doc, outputs in given]


def single(doc: Document, outputs: Sequence[Output]) -> Output:
    """The answer to a question; `Unscored` where there are several that differ."""
    first, *others = outputs
    for other in others:
        if other.said != first.said:
            raise Unscored(
                f"{doc['item_id']} is answered more than once, and not the same: "
                f"{first.where}, and {other.where}."
            )
    return first


def likeliest(task: Task, doc: Document, output: Output) -> Item:
    """The `clean` protocol on the log-likelihoods that were handed in."""
    by_answer = dict(output.likelihoods)
    if sorted(by_answer) != sorted(doc["options"]):
        found = ", ".join(by_answer) or "none"
        raise Unscored(
            f"{output.where}: log-likelihoods of {found:.100}, "
            f"wanted those of {', '.join(doc['options'])}."
        )
    logs = [by_answer[option] for option in doc["options"]]
    per_character = task.form in protocols.PER_CHARACTER
    verdict = protocols.clean(logs, doc["gold"], doc["options"], per_character)
    prompt = asked(task.form, "clean", doc)
    return judged(doc, prompt, verdict.answer or "", verdict, loglikelihoods=logs)


def read(task: Task, doc: Document, output: Output) -> Item:
    """The `official` protocol on the text that was handed in."""
    prompt, options = asked(task.form, "official", doc), doc["options"]
    if task.form != "sentiment":
        verdict = protocols.OFFICIAL[task.form](output.text, doc["gold"], options)
        return judged(doc, prompt, output.text, verdict)
    if output.shape == "segment":
        verdict = sentiment.official_segment(output.text, doc["gold"], options)
        return judged(doc, prompt, output.text, verdict)
    echo, said = parted(prompt, output.text)
    verdict = sentiment.official((prompt if echo is None else echo) + said, doc["gold"], options)
    return judged(doc, prompt, said, verdict, echo=echo)


def parted(prompt: str, text: str) -> tuple[str | None, str]:
    """(echo, output): a text may begin with the prompt, or with what a tokenizer made of it."""
    if text.startswith(prompt):
        return None, text[len(prompt) :]
    if text.startswith(prompt.partition("\n")[0]) and sentiment.MARKER in text:
        start = text.index(sentiment.MARKER) + len(sentiment.MARKER)
        return text[:start], text[start:]
    return None, text


def run(
    task: Task,
    given: Given,
    beginnings: Sequence[str],
    workers: int,
    alive: Callable[[int], None],
) -> list[Item]:
    """Programs, each run with our tests. `beginnings`: the prompts as the dataset has them."""
    written = [
        write(doc, number, output, beginning)
        for (doc, outputs), beginning in zip(given, beginnings, strict=True)
        for number, output in enumerate(outputs)
    ]
    return programs.run(task, written, workers, alive)


def write(doc: Document, number: int, output: Output, beginning: str) -> programs.Written:
    """A program as it was handed in.

    A completion follows the prompt that its tool shows: HumanEval's own, or ours, which has no
    space at its ends.
    """
    prompt = doc["prompt"]
    if output.shape == "program":
        return programs.Written(doc, number, output.text.removeprefix(prompt), output.text or "\n")
    shown = prompt if output.prompt == prompt else beginning
    return programs.Written(doc, number, output.text, shown + output.text)
