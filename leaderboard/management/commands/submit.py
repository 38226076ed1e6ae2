"""`submit RECIPE.toml`: hand in a recipe from the command line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from federated.errors import EngineError
from federated.reading import BadRecipe, Problem
from federated.recipe import Recipe
from leaderboard import queries, services, validation
from leaderboard.management import users
from leaderboard.management.terminal import Display, watch
from leaderboard.records import RunPage

FAILED, REFUSED = 1, 2


class Command(BaseCommand):
    help = "Submit a recipe. Exit code 0 done, 1 the run failed, 2 the recipe was refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recipe", type=Path, help="a TOML file")
        parser.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
            help="override one value, for example --set train.rounds=20",
        )  # fmt: skip
        parser.add_argument("--owner", help="user name; default: an account without a password")
        parser.add_argument("--wait", action="store_true", help="follow the run to its scores")

    def handle(self, *, recipe: Path, overrides: list[str], **options: Any) -> None:
        try:
            found = self._read(recipe, overrides)
            owner = users.existing(options["owner"]) if options["owner"] else users.operator()
            submission = services.submit(owner, found, "" if overrides else recipe.read_text())
        except BadRecipe as error:
            self._refuse(recipe, error)
        except EngineError as error:
            self._refuse(recipe, BadRecipe([Problem("hub", None, error.message, error.hint)]))
        self.stdout.write(f"Submitted {submission.name} as {submission.pk}.")
        if options["wait"]:
            self._wait(submission.pk)

    def _read(self, file: Path, overrides: list[str]) -> Recipe:
        try:
            text = file.read_bytes()
        except OSError as error:
            raise BadRecipe([Problem("file", None, f"cannot be read: {error.strerror}")]) from None
        pairs = [override.partition("=") for override in overrides]
        wrong = [key for key, equals, _ in pairs if not equals or not key]
        if wrong:
            raise BadRecipe([Problem("--set", None, f"found {wrong[0]!r}, KEY=VALUE was wanted")])
        return validation.parse(text, {key.strip(): value.strip() for key, _, value in pairs})

    def _refuse(self, file: Path, error: BadRecipe) -> None:
        for place, line, message, hint in error.problems:
            where = f"{file}:{line}" if line else f"{file}"
            self.stderr.write(f"{where}: {place}: {message}" + (f" ({hint})" if hint else ""))
        sys.exit(REFUSED)

    def _wait(self, submission_id: str) -> None:
        watch([submission_id], Display())
        page = queries.run(submission_id)
        if page.failure:
            code, message, hint = page.failure
            self.stderr.write(f"{code}: {message} {hint}".rstrip())
        if page.stage != "published":
            sys.exit(FAILED)
        self._print_scores(page)

    def _print_scores(self, page: RunPage) -> None:
        for card in page.scores:
            self.stdout.write(f"{card.protocol:<10}{_share(card.average, card.low, card.high)}")
            for task in card.tasks:
                shown = task.unscored or _share(task.accuracy, task.low, task.high)
                self.stdout.write(f"  {task.title:<32}{shown}  ({task.n} questions)")


def _share(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "no score"
    return f"{value:6.2f}" + ("" if low is None or high is None else f"  [{low:.2f}, {high:.2f}]")
