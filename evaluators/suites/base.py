"""What a task and a suite are. Light: no torch, no lm_eval, no datasets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from ..job import Protocol
from .questions import Question

Row = Mapping[str, Any]
Form = Literal["sentiment", "choice", "decision", "program"]
Language = Literal["python", "javascript", "cpp"]

LETTERS = ("A", "B", "C", "D")


class Holdout(NamedTuple):
    """The test side of `Dataset.train_test_split(share, seed=seed)`."""

    share: float
    seed: int


class Task(NamedTuple):
    """One benchmark set: every config, in each the splits, one after another, then `holdout`."""

    key: str
    title: str
    dataset: str
    columns: tuple[str, ...]
    read: Callable[[Row], Question]
    form: Form
    """Which files of `evaluators/tasks/` ask it: `<form>_<protocol>.yaml`."""
    options: tuple[str, ...] = ()
    """What may be answered, in the order of the log-likelihoods; empty for programs."""
    splits: tuple[str, ...] = ("test",)
    configs: tuple[str, ...] = ("default",)
    revision: str = "main"
    """On the hub. A folder (mirror, mini hub) is always asked for "main"."""
    holdout: Holdout | None = None
    n: int | None = None
    """Items there must be; None where the data may grow."""
    instruction: str = ""
    """The line before the question, byte for byte."""
    language: Language = "python"
    """Of programs."""
    generation: Mapping[str, Any] = {}
    """Laid over the YAML's `generation_kwargs`: stop strings and lengths differ by set."""
    published: str = ""
    """The id that the published evaluator loads, where today's hub has the data under another."""
    quirks: tuple[str, ...] = ()
    """What `official` keeps of the published evaluator that a reader should know."""

    @property
    def chance(self) -> float:
        """Accuracy of a uniform guess; no program passes by guessing."""
        return 1 / len(self.options) if self.options else 0.0


class Suite(NamedTuple):
    """A domain's evaluation: its score is the unweighted mean over `tasks`."""

    key: str
    title: str
    version: str
    tasks: tuple[Task, ...]
    primary: Protocol = "clean"
    """The protocol that ranks; the others are shown beside it."""
    practice: bool = False

    def version_with(self, limit: int | None) -> str:
        """A suite cut short is another suite: its scores never stand beside whole ones."""
        return f"{self.version}, first {limit} a test" if limit else self.version


def practice(task: Task, key: str, title: str, dataset: str, **changes: Any) -> Task:
    """The same question on a mini set: its whole test split, of any size."""
    own: dict[str, Any] = {
        "revision": "main",
        "configs": ("default",),
        "splits": ("test",),
        "holdout": None,
    }
    own |= {"n": None, "published": "", "quirks": ()}
    return task._replace(key=key, title=title, dataset=dataset, **{**own, **changes})
