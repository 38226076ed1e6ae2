"""The same run again, outside the queue, and its scores beside the stored ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from leaderboard import jobs, provenance, storage
from leaderboard.jobs import Engine, Json
from leaderboard.models import Attempt, Score

from .requeue import NotPossible

Scores = dict[tuple[str, str], float | None]
"""(protocol, task) -> accuracy, as a fraction."""


class Compared(NamedTuple):
    """One task's stored and newly found accuracy."""

    protocol: str
    task: str
    stored: float | None
    found: float | None

    @property
    def same(self) -> bool:
        """To the last bit: accuracies are quotients of whole numbers."""
        return self.stored == self.found


class Reproduction(NamedTuple):
    """What was asked of the engines, and what they answered."""

    training: Json | None
    """None where nothing was trained here: `handed_in` is what was evaluated."""
    evaluation: Json
    scores: Scores
    handed_in: dict[str, str]
    """Digest of the stored tree by the folder in which evaluation looks for it."""

    def run(self, folder: Path, say: Callable[[str], Any] = print) -> list[Compared]:
        """Run both engines in `folder`; `RuntimeError` when one does not finish."""
        target = folder / "evaluation"
        target.mkdir(parents=True)
        if self.training is not None:
            trained = _run_engine("training", folder / "training", self.training, say)
            shutil.copytree(folder / "training" / provenance.ADAPTER, target / provenance.ADAPTER)
            say(f"Trained in {trained.get('seconds')} s.")
        for name, digest in self.handed_in.items():
            storage.get_tree(digest, target / name)
        result = _run_engine("evaluation", target, self.evaluation, say)
        say(f"Evaluated in {result.get('seconds')} s.")
        found = _reported(result)
        return [
            Compared(*key, stored, found.get(key)) for key, stored in sorted(self.scores.items())
        ]


def reproduction(submission_id: str) -> Reproduction:
    """The jobs and scores of a submission's current attempt; `NotPossible` for mere numbers."""
    attempt = Attempt.objects.select_related("submission").get(
        submission_id=submission_id, current=True
    )
    training, evaluation = provenance.jobs_of(attempt)
    if evaluation is None:
        raise NotPossible(f"{submission_id} is made of numbers; nothing was run for it here.")
    return Reproduction(training, evaluation, _stored(attempt), _handed_in(attempt))


def _handed_in(attempt: Attempt) -> dict[str, str]:
    kind = attempt.submission.kind
    folder = {"adapter": provenance.ADAPTER, "outputs": provenance.OUTPUTS}.get(kind)
    return {folder: attempt.submission.upload} if folder else {}


def _stored(attempt: Attempt) -> Scores:
    version = (attempt.evaluation_result or {}).get("evaluator_version", "")
    scores = Score.objects.filter(submission_id=attempt.submission_id, evaluator_version=version)
    return {
        (score.protocol, task.task): task.accuracy
        for score in scores.prefetch_related("tasks")
        for task in score.tasks.all()
    }


def _reported(result: Json) -> Scores:
    return {
        (protocol, task["task"]): task["accuracy"]
        for protocol, score in result["protocols"].items()
        for task in score["tasks"]
    }


def _run_engine(engine: Engine, path: Path, job: Json, say: Callable[[str], Any]) -> Json:
    """One engine, its output to the terminal; what it reports."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "job.json").write_text(json.dumps(job, indent=2) + "\n")
    command = [*settings.ENGINES[engine], str(path.absolute())]
    say("$ " + " ".join(command))
    code = subprocess.run(
        command, cwd=settings.BASE_DIR, env=jobs.environment(), check=False
    ).returncode
    outcome = jobs.read_outcome(path, code)
    if outcome.result is None or outcome.kind != "ok":
        reason = outcome.failure.message if outcome.failure else "no reason given"
        raise RuntimeError(f"The {engine} engine did not finish: {reason}")
    return outcome.result
