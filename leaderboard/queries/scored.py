"""Which score's items an address means: the newest, or the one of a named evaluator and suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leaderboard.access import visible_through
from leaderboard.domains import DOMAINS
from leaderboard.item_records import Head, Option
from leaderboard.models import Attempt, Score, TaskScore
from leaderboard.sifting import Asked

from .lists import HEAVY, domain_title

NO_ITEMS = "No answers were kept for this test."


def head_of(submission_id: str, protocol: str, task: str, asked: Asked, user: Any = None) -> Head:
    """The score that was asked for, by default the newest; visible as its submission's page is."""
    attempts = Attempt.objects.select_related("submission").defer(*HEAVY)
    seen = attempts.filter(visible_through(user, "submission__"))
    submission = seen.get(submission_id=submission_id, current=True).submission
    everything = Score.objects.filter(submission_id=submission_id).prefetch_related("tasks")
    scores = list(everything.order_by("-attempt_id", "protocol", "-pk"))
    same = [score for score in scores if score.protocol == protocol]
    score = next((score for score in same if _is_asked(score, asked)), None)
    found = {row.task: row for row in score.tasks.all()} if score else {}
    if score is None or task not in found:
        raise TaskScore.DoesNotExist(f"{submission_id} has no {protocol} score of {task}.")
    domain = DOMAINS.get(submission.domain)
    title = domain.task_title if domain else str
    return Head(
        submission_id=submission.pk,
        name=submission.name,
        domain=submission.domain,
        domain_title=domain_title(submission.domain),
        practice=domain.practice if domain else False,
        protocol=score.protocol,
        protocols=_protocols(scores, task),
        task=task,
        title=title(task),
        tasks=tuple((row.task, title(row.task), row.n) for row in found.values()),
        suite_version=score.suite_version,
        evaluator_version=score.evaluator_version,
        versions=_versions(same, score),
        digest=found[task].items,
        nothing="" if found[task].items else found[task].unscored or NO_ITEMS,
        pin=_pin(score).query(),
        public=submission.visibility == "public",
    )


def _is_asked(score: Score, asked: Asked) -> bool:
    return (asked.evaluator in ("", score.evaluator_version)) and (
        asked.suite in ("", score.suite_version)
    )


def _protocols(scores: Sequence[Score], task: str) -> tuple[Any, ...]:
    having = {s.protocol for s in scores if any(row.task == task for row in s.tasks.all())}
    return tuple(sorted(having))


def _pin(score: Score) -> Asked:
    return Asked(evaluator=score.evaluator_version, suite=score.suite_version)


def _versions(scores: Sequence[Score], chosen: Score) -> tuple[Option, ...]:
    """Nothing to choose where there is only one."""
    if len(scores) < 2:
        return ()
    return tuple(
        Option(
            value=score.evaluator_version,
            title=f"{score.evaluator_version}, suite {score.suite_version}",
            count=0,
            chosen=score is chosen,
            query=_pin(score).query() if place else "",
        )
        for place, score in enumerate(scores)
    )
