"""`import_published TABLE.csv`: published results become reported entries, off the ranking."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from federated.reading import Problem
from leaderboard.management import published, users
from leaderboard.management.published import Entry, Table
from leaderboard.services import imports
from leaderboard.services.imports import Brought

REFUSED = 1
WORDS = {
    "new": "new",
    "there": "already there",
    "changed": "there with other numbers; withdraw that one first",
    "refused": "refused",
}


class Command(BaseCommand):
    help = (
        "Import published results as reported entries. Columns: source, domain, model, metric, "
        "value and, if you like, params, method/strategy, fine_tuning, comm_gb, vram_gb, notes; "
        "docs/published-example.csv is an example. Importing again adds only what is new."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", type=Path, help="a CSV file, one number a line")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument("--owner", help="user name; default: an account without a password")

    def handle(self, *, table: Path, dry_run: bool, owner: str | None, **options: Any) -> None:
        found = published.read(self._text(table))
        self._tell(table, found.left_out, "left out: ")
        if found.problems:
            self._refuse(table, found)
        with transaction.atomic():
            account = users.existing(owner) if owner else _account()
            brought = [imports.bring_in(account, e.declared, dry_run) for e in found.entries]
            if dry_run:
                transaction.set_rollback(True)
        for entry, result in zip(found.entries, brought, strict=True):
            self._report(entry, result)
        self._sum_up(brought, dry_run)

    def _text(self, table: Path) -> str:
        try:
            return table.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{table} cannot be read: {error}") from None

    def _refuse(self, table: Path, found: Table) -> None:
        self._tell(table, found.problems)
        self.stderr.write("Nothing was imported.")
        sys.exit(REFUSED)

    def _tell(self, table: Path, problems: Iterable[Problem], before: str = "") -> None:
        for place, line, message, hint in problems:
            end = f" ({hint})" if hint else ""
            self.stderr.write(f"{table}:{line}: {before}{place}: {message}{end}")

    def _report(self, entry: Entry, result: Brought) -> None:
        first, last = entry.lines[0], entry.lines[-1]
        where = f"{first}" if first == last else f"{first}-{last}"
        title = f"{entry.declared.domain}: {entry.declared.name}"
        words = " ".join(word for word in (WORDS[result.state], result.submission) if word)
        self.stdout.write(f"lines {where}  {title}  {words}")
        for remark in result.remarks:
            self.stdout.write(f"    {remark}")

    def _sum_up(self, brought: list[Brought], dry_run: bool) -> None:
        states = Counter(result.state for result in brought)
        remarked = sum(bool(result.remarks) for result in brought if result.state == "new")
        counts = ", ".join(f"{states[state]} {state}" for state in WORDS)
        self.stdout.write(f"{len(brought)} entries: {counts}; {remarked} new ones with remarks.")
        if dry_run:
            self.stdout.write("A dry run: nothing was imported.")


def _account() -> Any:
    """Who owns what was published elsewhere: an account that nobody can sign in to."""
    account = users.without_password("published")
    imports.lift_daily_limit(account)
    return account
