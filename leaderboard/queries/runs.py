"""One submission's page: where it stands, what it said so far, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from leaderboard import stages
from leaderboard.access import may_change, visible_through
from leaderboard.domains import DOMAINS
from leaderboard.models import Attempt, BoardEntry, LogChunk, ProgressLine, Score, TaskScore
from leaderboard.records import Failure, Round, RunPage, ScoreCard, Step, TaskCell

from . import timing
from .facts import facts_of
from .handed_in import handed_in
from .lists import as_percent, domain_title, method_title, percent_done

LOG_CHUNKS, LOG_LINES = 40, 200


def run(submission_id: str, user: Any = None) -> RunPage:
    """Everything the page shows; `Attempt.DoesNotExist` for one that is unknown to `user`.

    Six queries, and two more while the attempt waits; the number does not grow with the run.
    """
    attempt = Attempt.objects.select_related("submission__owner").get(
        visible_through(user, "submission__"), submission_id=submission_id, current=True
    )
    lines = [line.data for line in ProgressLine.objects.filter(attempt=attempt).only("data")]
    rounds, start = rounds_of(lines), _first(lines, "clients")
    submission, now = attempt.submission, timezone.now()
    stage = stages.STAGES[attempt.stage]
    waiting = attempt.stage in stages.WAITING
    position = timing.position(attempt) if waiting else None
    base, dataset = submission.base_pin, submission.dataset_pin
    result, evaluation = attempt.training_result or {}, attempt.evaluation_result or {}
    return RunPage(
        submission_id=submission.pk,
        name=submission.name,
        description=submission.description,
        owner=submission.owner.get_username(),
        domain=submission.domain,
        domain_title=domain_title(submission.domain),
        practice=submission.domain in DOMAINS and DOMAINS[submission.domain].practice,
        method=submission.method,
        method_title=method_title(submission.method),
        base_model=submission.base_model,
        base_revision=base.get("revision", ""),
        trust=submission.trust,
        is_control=submission.is_control,
        rank=_rank(submission.pk),
        stage=attempt.stage,
        stage_title=stage.title,
        live=not stage.terminal,
        steps=steps_of(attempt),
        position=position,
        expected_start_seconds=timing.expected_start(submission.domain, position),
        attempt=attempt.number,
        tries=attempt.tries,
        max_tries=settings.MAX_TRIES,
        heartbeat_age=timing.age(attempt.heartbeat_at, now),
        elapsed=timing.elapsed(attempt, now),
        remaining=timing.remaining(attempt, rounds, now),
        done=attempt.done,
        of=attempt.of,
        unit=attempt.unit,
        percent=percent_done(attempt),
        clients=start.get("clients", result.get("clients")),
        clients_per_round=start.get("per_round", result.get("clients_per_round")),
        mebibytes=rounds[-1].mebibytes if rounds else None,
        budget_mebibytes=start.get("budget_mib", _budget(submission.recipe)),
        rounds=rounds,
        log=_log(attempt),
        failure=_failure(attempt),
        scores=_scores(submission.pk, submission.domain),
        recipe_toml=submission.recipe_text,
        facts=facts_of(base, dataset, result, evaluation),
        notes=_notes(lines, result, evaluation),
        created=submission.created,
        can_cancel=not stage.terminal and may_change(user, submission),
        handed_in=handed_in(submission),
    )


def rounds_of(lines: list[dict[str, Any]]) -> tuple[Round, ...]:
    """Each round once: a run that was taken up again repeats those after its checkpoint."""
    found = {
        line["round"]: Round(
            number=line["round"],
            loss=line.get("loss"),
            seconds=line.get("seconds") or 0.0,
            mebibytes=line.get("mib") or 0.0,
        )
        for line in lines
        if line["event"] == "round" and isinstance(line.get("round"), int)
    }
    return tuple(found[number] for number in sorted(found))


def steps_of(attempt: Attempt) -> tuple[Step, ...]:
    """The timeline. Where an ended attempt stopped shows in what it already has."""
    ready = attempt.finished_at if attempt.stage == "published" else None
    moments: list[tuple[str, datetime | None]] = [("Submitted", attempt.queued_at)]
    match attempt.submission.kind:
        case "recipe":
            moments += [("Training", attempt.trained_at), ("Evaluation and ranking", ready)]
        case "numbers":
            moments += [("Published as reported", ready)]
        case _:
            moments += [("Evaluation and ranking", ready)]
    reached = sum(at is not None for _, at in moments)
    ended = attempt.stage in ("failed", "cancelled")
    return tuple(
        Step(title, "done", at)
        if place < reached
        else Step(title, "failed" if ended else "current", attempt.finished_at)
        if place == reached
        else Step(title, "to come", None)
        for place, (title, at) in enumerate(moments)
    )


def _rank(submission_id: str) -> int | None:
    """On its domain's own board; an overall board may show it too."""
    entries = BoardEntry.objects.filter(
        submission_id=submission_id,
        board__protocol="clean",
        board__domain=F("submission__domain"),
    )
    return entries.values_list("rank", flat=True).first()


def _log(attempt: Attempt) -> tuple[str, ...]:
    chunks = LogChunk.objects.filter(attempt=attempt).order_by("-seq")[:LOG_CHUNKS]
    text = "".join(chunk.text for chunk in reversed(chunks))
    return tuple(text.splitlines()[-LOG_LINES:])


def _failure(attempt: Attempt) -> Failure | None:
    if attempt.stage != "failed":
        return None
    return Failure(attempt.error_code, attempt.error_message, attempt.error_hint)


def _scores(submission_id: str, domain: str) -> tuple[ScoreCard, ...]:
    scores = Score.objects.filter(submission_id=submission_id).prefetch_related("tasks")
    newest_first = scores.order_by("-attempt_id", "protocol", "-pk")
    return tuple(_card(score, domain) for score in newest_first)


def _card(score: Score, domain: str) -> ScoreCard:
    return ScoreCard(
        protocol=score.protocol,
        average=as_percent(score.average),
        low=as_percent(score.low),
        high=as_percent(score.high),
        corrected=as_percent(score.corrected),
        unscored=score.unscored,
        tasks=tuple(task_cell(task, domain) for task in score.tasks.all()),
        evaluator_version=score.evaluator_version,
        suite_version=score.suite_version,
        created=score.created,
    )


def task_cell(task: TaskScore, domain: str) -> TaskCell:
    """One task of a score, in percent."""
    return TaskCell(
        key=task.task,
        title=DOMAINS[domain].task_title(task.task) if domain in DOMAINS else task.task,
        n=task.n,
        accuracy=as_percent(task.accuracy),
        low=as_percent(task.low),
        high=as_percent(task.high),
        corrected=as_percent(task.corrected),
        compliance=as_percent(task.compliance),
        unscored=task.unscored,
    )


def _first(lines: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """The last start line that tells `key`."""
    told = [line for line in lines if line["event"] == "start" and key in line]
    return told[-1] if told else {}


def _budget(recipe: dict[str, Any]) -> int | None:
    budget = recipe.get("budget", {}).get("megabytes")
    return budget if isinstance(budget, int) else None


def _notes(lines: list[dict[str, Any]], *results: dict[str, Any]) -> tuple[str, ...]:
    """What the engines remarked, each once, in order."""
    said = [str(line.get("message", "")) for line in lines if line["event"] == "note"]
    said += [str(note) for result in results for note in result.get("notes", ())]
    return tuple(dict.fromkeys(note for note in said if note))
