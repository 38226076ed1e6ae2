"""`demo DOMAIN...`: from a clean checkout to a ranked board, with one command."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from federated.reading import BadRecipe
from federated.recipe import Recipe
from leaderboard import queries, services, validation
from leaderboard.domains import DOMAINS
from leaderboard.management import users
from leaderboard.management.demo_site import DemoSite
from leaderboard.management.terminal import Display, board_text, watch
from leaderboard.overall import OVERALLS
from leaderboard.records import Protocol

RECIPES = settings.BASE_DIR / "federated" / "recipes"
FAILED = 1


class Command(BaseCommand):
    help = "Run a domain's recipes on a worker of its own, print the board, serve the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domains", nargs="+", choices=sorted(DOMAINS), metavar="DOMAIN")
        parser.add_argument(
            "--exit", action="store_true", help="stop after the table; also DEMO_EXIT=1"
        )

    def handle(self, *, domains: list[str], **options: Any) -> None:
        leave = options["exit"] or os.environ.get("DEMO_EXIT") == "1"
        call_command("migrate", verbosity=0)
        owner = self._owner()
        recipes = self._read([file for domain in domains for file in recipe_files(domain)])
        try:
            failed = self._run(owner, domains, recipes, leave)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. Unfinished runs go on when a worker is started again.")
            sys.exit(130)
        if failed:
            sys.exit(FAILED)

    def _owner(self) -> Any:
        owner, password = users.with_password("demo")
        if password:
            self.stdout.write(f"Sign in as demo with the password {password} (shown only now).")
        return owner

    def _read(self, files: list[Path]) -> list[tuple[Recipe, str]]:
        """Every recipe, or every problem of all of them."""
        self.stdout.write(f"Reading {len(files)} recipes; the first time, practice data are made.")
        found, problems = [], []
        for file in files:
            try:
                found.append((validation.parse(file.read_bytes()), file.read_text("utf-8")))
            except BadRecipe as error:
                shown = file.relative_to(settings.BASE_DIR)
                problems += [f"{shown}: {problem}" for problem in error.problems]
        if problems:
            raise CommandError("\n".join(problems), returncode=2)
        return found

    def _run(
        self, owner: Any, domains: list[str], recipes: list[tuple[Recipe, str]], leave: bool
    ) -> bool:
        # 1. a worker and a web server
        with DemoSite() as site:
            self.stdout.write(f"Open {site.url} to watch the runs. Logs: {site.logs}\n\n")
            # 2. the submissions, and each one's progress
            ids = [submit_once(owner, recipe, text) for recipe, text in recipes]
            runs = watch(ids, Display(), each=site.check)
            failed = any(run.stage != "published" for run in runs)
            # 3. the boards
            for board in [*domains, *complete(domains)]:
                self.stdout.write("\n" + board_table(board))
                self.stdout.write(f"\n{site.url}/boards/{board}/")
            # 4. for as long as somebody looks
            if not leave:
                self.stdout.write("\nServing; Ctrl-C stops.")
                serve(site)
        return failed


def complete(domains: list[str]) -> list[str]:
    """The overall boards whose domains have all been run."""
    return [
        key
        for key, board in OVERALLS.items()
        if {domain.key for domain in board.domains} <= set(domains)
    ]


def recipe_files(domain: str) -> list[Path]:
    """A domain's recipes, in the order of their names."""
    found = sorted((RECIPES / domain).glob("*.toml"))
    if not found:
        raise CommandError(f"There are no recipes in {RECIPES / domain}.")
    return found


def submit_once(owner: Any, recipe: Recipe, text: str) -> str:
    """The id of this recipe's submission: the one that is there already, else a new one."""
    same = services.find_same(owner, recipe)
    if same is None:
        return services.submit(owner, recipe, text).pk
    with suppress(services.NotPossible):  # it is on its way or finished
        services.requeue(same)
    return same.pk


def board_table(domain: str) -> str:
    """The board as it stands now, whether or not the worker has rebuilt it."""
    for protocol in get_args(Protocol):
        services.rebuild_board(domain, protocol)
    return board_text(queries.board(domain))


def serve(site: DemoSite) -> None:
    """Until Ctrl-C."""
    try:
        while True:
            site.check()
            time.sleep(1)
    except KeyboardInterrupt:
        return
