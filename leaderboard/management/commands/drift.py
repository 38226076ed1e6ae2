"""`drift --sample N`: run published submissions again, at random, and keep the differences."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboard.models import DriftCheck
from leaderboard.services import drift


class Command(BaseCommand):
    help = "Run a random sample of published submissions again and keep by how much they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sample", type=int, default=1, metavar="N", help="how many")
        parser.add_argument("--seed", help="the same sample again")

    def handle(self, *, sample: int, seed: str | None, **options: Any) -> None:
        if sample < 1:
            raise CommandError(f"--sample is {sample}; at least 1 was wanted.")
        chosen = drift.sample(sample, seed)
        if not chosen:
            raise CommandError("Nothing has been published that could be run again.")
        done = [drift.check(attempt, say=self.stdout.write) for attempt in chosen]
        for made in done:
            if made is not None:
                self.stdout.write(_line(made))
        if any(made is not None and made.state == "failed" for made in done):
            raise CommandError("Not every one could be run again.")


def _line(made: DriftCheck) -> str:
    if made.state == "failed":
        return f"{made.submission_id}  not run: {made.error}"
    points = 100 * (made.largest or 0.0)
    verdict = "same" if not points else f"differs by up to {points:.4f} points"
    return f"{made.submission_id}  {verdict}"
