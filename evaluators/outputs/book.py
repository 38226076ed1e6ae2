"""What was handed in, sorted by task, and each part of a job answered from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from .. import documents
from ..errors import BadOutputs, Unscored
from ..items import Item
from ..job import Format
from ..plan import Answered, Part
from ..suites import Suite
from . import judging, reading
from .claims import disagreement
from .matching import Index, Matched, by_key, by_prefix, index
from .names import TITLES, sets_of
from .prompts import key, shown
from .rows import Output, Stack

OFFICIAL_ONLY = ("flowertune", "bigcode")
"""Formats of tools that know one way to ask."""
SAMPLES = 5
"""Programs a task under `clean`, as in `tasks/program_clean.yaml`; `official` takes one."""


class Book:
    """The files of an upload, each put to the task that it answers."""

    def __init__(self, folder: Path, format: Format, suite: Suite, parts: Sequence[Part]) -> None:
        self.format, self.suite = format, suite
        stacks = reading.read(folder, format)
        if not stacks:
            raise BadOutputs(f"There are no files as {TITLES[format]} writes them.")
        self.stacks: dict[str, list[Stack]] = {}
        self.notes: list[str] = []
        self.indexes: dict[str, Index] = {}
        for stack in stacks:
            self._put(stack, parts)

    def _put(self, stack: Stack, parts: Sequence[Part]) -> None:
        found = self._named(stack) or self._fitting(stack, parts)
        if found:
            self.stacks.setdefault(found, []).append(stack)
        elif stack.problem:
            self.notes.append(stack.problem)
        else:
            self.notes.append(f"{stack.file} answers no test of {self.suite.title}.")

    def _named(self, stack: Stack) -> str:
        """By the name of the file, where the tool names it for the set."""
        task = sets_of(self.suite).get(stack.set) if self.format in OFFICIAL_ONLY else None
        return task.key if task else ""

    def _fitting(self, stack: Stack, parts: Sequence[Part]) -> str:
        """The task with most of the file's items; of equals the one that the file is named for."""
        if self.format in OFFICIAL_ONLY:
            return ""
        scores = [
            (len(self._match(part, stack.outputs).found), part.task.key in stack.set, part.task.key)
            for part in parts
        ]
        most = max(scores, default=(0, False, ""))
        return most[2] if most[0] else self._asked_otherwise(stack, parts)

    def _asked_otherwise(self, stack: Stack, parts: Sequence[Part]) -> str:
        """The task whose questions a file has, asked in words that are neither protocol's."""
        told = {text for output in stack.outputs for text in output.content}
        for part in parts:
            if any(content(doc) in told for doc in part.documents.items):
                return part.task.key
        return ""

    def answer(
        self, part: Part, workers: int = 1, alive: Callable[[int], None] = lambda finished: None
    ) -> Answered:
        """The rows of a part; `Unscored` with the reason where it is not answered in full."""
        # 1. What there is for it.
        stacks = self.stacks.get(part.task.key, [])
        self._check(part, stacks)
        matched = self._match(part, [output for stack in stacks for output in stack.outputs])
        self._check_coverage(part, matched, sum(len(stack.outputs) for stack in stacks))
        # 2. Judge it.
        given = [matched.found[place] for place in range(part.n)]
        notes = _left_over(part, matched)
        if part.task.form == "program":
            given, said = self._samples(part, given)
            notes += said
        rows = self._judge(part, given, workers, alive)
        # 3. Compare with what was said to come out.
        answering = [stack for stack in stacks if self._match(part, stack.outputs).found]
        return Answered(rows, (*notes, *disagreement(part, answering, rows)))

    def _check(self, part: Part, stacks: Sequence[Stack]) -> None:
        if not stacks:
            raise Unscored("Nothing was handed in for it.")
        for stack in stacks:
            if stack.problem:
                raise Unscored(stack.problem)
        if len(stacks) > 1 and self.format == "humaneval":
            raise Unscored(f"Two files have its programs: {stacks[0].file} and {stacks[1].file}.")
        if part.protocol == "clean" and self.format in OFFICIAL_ONLY:
            raise Unscored(f"{TITLES[self.format]} asks in the words of the official protocol.")

    def _check_coverage(self, part: Part, matched: Matched, handed_in: int) -> None:
        found, n = len(matched.found), part.n
        if found == n:
            return
        if not found:
            raise Unscored(
                f"None of {handed_in:,} rows asks an item as the {part.protocol} protocol does."
            )
        raise Unscored(f"{found:,} of {n:,} items.")

    def _match(self, part: Part, outputs: Sequence[Output]) -> Matched:
        docs, task = part.documents.items, part.task
        if self.format == "bigcode":
            return by_prefix(outputs, [doc["prompt"] for doc in docs])
        if self.format == "humaneval":
            keyed = [(label(each, task.key), each) for each in outputs]
        else:
            clean = part.protocol == "clean"
            fits = [each for each in outputs if (each.shape == "likelihoods") == clean]
            asking = list(outputs) if task.form == "program" else fits
            keyed = [(shown(each.prompt), each) for each in asking]
        return by_key(keyed, self._index(part), docs)

    def _index(self, part: Part) -> Index:
        """A part's items by what the format tells them by; made once."""
        if part.name not in self.indexes:
            docs, form = part.documents.items, part.task.form
            if self.format == "humaneval":
                keys = documents.labels(part.task, len(docs)) if form == "program" else []
            else:
                keys = [key(form, part.protocol, doc, self.format) for doc in docs]
            self.indexes[part.name] = index(keys)
        return self.indexes[part.name]

    def _samples(
        self, part: Part, given: list[list[Output]]
    ) -> tuple[list[list[Output]], tuple[str, ...]]:
        """As many programs of each task as of every other."""
        least, most = min(map(len, given)), max(map(len, given))
        clean = least >= SAMPLES and self.format not in OFFICIAL_ONLY
        if clean != (part.protocol == "clean"):
            wanted = f"{SAMPLES} or more" if part.protocol == "clean" else f"fewer than {SAMPLES}"
            raise Unscored(
                f"{least} programs of each task were handed in; under the {part.protocol} "
                f"protocol {wanted} count."
            )
        if least == most:
            return given, ()
        note = f"{part.task.title}: the first {least} of up to {most} programs a task count."
        return [outputs[:least] for outputs in given], (note,)

    def _judge(
        self,
        part: Part,
        given: Sequence[Sequence[Output]],
        workers: int,
        alive: Callable[[int], None],
    ) -> list[Item]:
        docs, task = part.documents.items, part.task
        pairs = list(zip(docs, given, strict=True))
        if task.form != "program":
            return judging.questions(task, part.protocol, pairs)
        return judging.run(task, pairs, beginnings(part), workers, alive)


def _left_over(part: Part, matched: Matched) -> tuple[str, ...]:
    count = len(matched.strangers)
    if not count:
        return ()
    said = f"{count:,} rows ask" if count > 1 else "1 row asks"
    return (
        f"{part.task.title}: {said} none of its items, the first is {matched.strangers[0].where}.",
    )


def content(doc: documents.Document) -> str:
    """The text that makes a document what it is."""
    return str(doc.get("question") or doc.get("text") or doc.get("prompt") or "")


def label(output: Output, task: str) -> str:
    """The name of an item; "Mbpp/11" where the dataset numbers its items alone."""
    prefix, _, number = output.label.rpartition("/")
    return number if prefix.lower() == task else output.label


def beginnings(part: Part) -> list[str]:
    """The prompts with the space at their ends, where the dataset has it."""
    docs = part.documents.items
    raw = documents.column(part.task, "prompt", len(docs))
    return [
        each if isinstance(each, str) and each.strip() == doc["prompt"] else doc["prompt"]
        for each, doc in zip(raw or [None] * len(docs), docs, strict=True)
    ]
