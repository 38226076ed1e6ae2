"""`operate requeue|cancel|fail|flag|unflag|limit`: what staff do, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboard import services
from leaderboard.management import users
from leaderboard.models import Submission
from leaderboard.services import acts, flags

VERBS = {
    "requeue": (acts.requeue, "queued again"),
    "cancel": (acts.cancel, "cancelled"),
    "fail": (acts.fail, "failed"),
    "flag": (flags.flag, "flagged"),
    "unflag": (flags.unflag, "flagged no longer"),
}


class Command(BaseCommand):
    help = "Act on a submission or on a person's quota; every act is logged with its reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as", dest="actor", metavar="USER", help="who is written down")
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb in VERBS:
            one = verbs.add_parser(verb)
            one.add_argument("submission", nargs="+", metavar="ID")
            one.add_argument("--reason", required=True)
        limit = verbs.add_parser("limit", help="a person's own limit in the place of the site's")
        limit.add_argument("user")
        limit.add_argument("what", choices=acts.COUNTED)
        limit.add_argument("most", type=_number, metavar="NUMBER|none")
        limit.add_argument("--reason", required=True)

    def handle(self, *, verb: str, actor: str | None, reason: str, **options: Any) -> None:
        person = users.existing(actor) if actor else None
        try:
            if verb == "limit":
                self._limit(person, reason, options)
            else:
                self._act(person, verb, reason, options["submission"])
        except services.NotPossible as error:
            raise CommandError(str(error)) from None

    def _act(self, actor: Any, verb: str, reason: str, ids: list[str]) -> None:
        act, done = VERBS[verb]
        found = Submission.objects.in_bulk(ids)
        if missing := [key for key in ids if key not in found]:
            raise CommandError(f"There is no submission {', '.join(missing)}.")
        for key in ids:
            act(actor, found[key], reason)
            self.stdout.write(f"{found[key]} is {done}.")

    def _limit(self, actor: Any, reason: str, options: dict[str, Any]) -> None:
        user, what, most = users.existing(options["user"]), options["what"], options["most"]
        acts.limit(actor, user, what, most, reason)
        shown = "the site's limit" if most is None else f"a limit of {most}"
        self.stdout.write(f"{user} has {shown} of {what}.")


def _number(text: str) -> int | None:
    return None if text == "none" else int(text)
