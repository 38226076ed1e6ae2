"""`board DOMAIN`: a board in the terminal."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, get_args

from django.core.management.base import BaseCommand

from leaderboard import queries
from leaderboard.domains import DOMAINS
from leaderboard.management.terminal import board_text
from leaderboard.overall import OVERALLS
from leaderboard.records import Protocol


class Command(BaseCommand):
    help = "Print a domain's board or an overall one, ranked entries first and controls apart."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", choices=sorted({**DOMAINS, **OVERALLS}))
        parser.add_argument("--protocol", choices=get_args(Protocol), default="clean")
        parser.add_argument("--json", action="store_true", help="the same as one JSON object")

    def handle(self, *, domain: str, protocol: Protocol, **options: Any) -> None:
        page = queries.board(domain, protocol)
        if options["json"]:
            self.stdout.write(json.dumps(_plain(page), indent=2, default=str))
        else:
            self.stdout.write(board_text(page))


def _plain(value: Any) -> Any:
    """Records as objects with their field names, all the way down."""
    if hasattr(value, "_asdict"):
        return {key: _plain(inner) for key, inner in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
