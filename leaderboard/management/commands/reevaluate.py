"""`reevaluate start|show|retry|flip|drop`: score a board again and let it show the new scores."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboard import queries, services
from leaderboard.batch_records import Move, Preview
from leaderboard.domains import DOMAINS
from leaderboard.management import users
from leaderboard.models import Batch
from leaderboard.services import batches, choosing


class Command(BaseCommand):
    help = "Evaluate stored adapters and outputs again; flip the board when all have their score."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as", dest="actor", metavar="USER", help="who is written down")
        verbs = parser.add_subparsers(dest="verb", required=True)
        start = verbs.add_parser("start", help="new attempts under the present evaluator")
        start.add_argument("domain", choices=sorted(DOMAINS))
        which = start.add_mutually_exclusive_group()
        which.add_argument("--submission", action="append", metavar="ID", help="only these")
        which.add_argument("--older-than", metavar="VERSION", help="scored by an older evaluator")
        start.add_argument("--reason", required=True)
        verbs.add_parser("list", help="all batches")
        for verb in ("show", "retry", "flip", "drop"):
            one = verbs.add_parser(verb)
            one.add_argument("batch", type=int)
            if verb != "show":
                one.add_argument("--reason", required=True)
            if verb == "retry":
                one.add_argument("submission", metavar="ID")
            if verb == "flip":
                one.add_argument("--leave-out", action="append", default=[], metavar="ID")

    def handle(self, *, verb: str, actor: str | None, **options: Any) -> None:
        person = users.existing(actor) if actor else None
        try:
            getattr(self, f"_{verb}")(person, options)
        except services.NotPossible as error:
            raise CommandError(str(error)) from None

    def _start(self, actor: Any, options: dict[str, Any]) -> None:
        domain = options["domain"]
        started = batches.start(actor, domain, _chosen(domain, options), options["reason"])
        for sentence in started.refused:
            self.stderr.write(sentence)
        self.stdout.write(
            f"Batch {started.batch.pk}: {started.queued} queued, {started.scored} scored already."
        )

    def _list(self, actor: Any, options: dict[str, Any]) -> None:
        for line in queries.batches():
            self.stdout.write(
                f"{line.pk:>5}  {line.state:<8} {line.domain} to evaluator "
                f"{line.evaluator_version}: {line.published} of {line.members}  {line.reason}"
            )

    def _show(self, actor: Any, options: dict[str, Any]) -> None:
        page = queries.batch(_batch(options).pk)
        line = page.line
        self.stdout.write(
            f"{line.domain} to evaluator {line.evaluator_version}, {line.state}: {line.published} "
            f"of {line.members} evaluated, {line.live} under way, {line.failed} failed"
        )
        for preview in page.previews:
            self._print(preview)

    def _print(self, preview: Preview) -> None:
        self.stdout.write(
            f"\n{preview.protocol}: {preview.outside} change by more than noise, {preview.moving} "
            f"change rank, {len(preview.joining)} join, {len(preview.vanishing)} would vanish"
        )
        for move in (*preview.moves, *preview.joining, *preview.vanishing):
            self.stdout.write(_row(move))

    def _retry(self, actor: Any, options: dict[str, Any]) -> None:
        batches.retry(actor, _batch(options), options["submission"], options["reason"])
        self.stdout.write("Queued again.")

    def _flip(self, actor: Any, options: dict[str, Any]) -> None:
        batches.flip(actor, _batch(options), options["reason"], options["leave_out"])
        self.stdout.write("The board shows the new version.")

    def _drop(self, actor: Any, options: dict[str, Any]) -> None:
        batches.drop(actor, _batch(options), options["reason"])
        self.stdout.write("Dropped; the board stays as it is.")


def _chosen(domain: str, options: dict[str, Any]) -> list[Any]:
    if options["submission"]:
        return choosing.named(domain, options["submission"])
    if options["older_than"]:
        return choosing.older_than(domain, options["older_than"])
    return choosing.on_board(domain)


def _batch(options: dict[str, Any]) -> Batch:
    found = Batch.objects.filter(pk=options["batch"]).first()
    if found is None:
        raise CommandError(f"There is no batch {options['batch']}; `reevaluate list` has them all.")
    return found


def _row(move: Move) -> str:
    noise = "outside noise" if move.outside else "inside noise" if move.difference else ""
    ranks = f"{move.old_rank or '-':>4} -> {move.new_rank or '-':<4}"
    return (
        f"  {move.submission_id}  {move.name[:32]:<32} {ranks} "
        f"{_share(move.old)} -> {_share(move.new)}  {noise}"
    ).rstrip()


def _share(value: float | None) -> str:
    return "     -" if value is None else f"{value:6.2f}"
