"""`reproduce SUBMISSION`: the exact jobs behind a score, and the same run again."""

from __future__ import annotations

import json
import shlex
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError

from leaderboard import services
from leaderboard.services.reproduce import Compared, Reproduction


class Command(BaseCommand):
    help = "Print the jobs of a submission; with --run, run both engines again and compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("submission")
        parser.add_argument("--run", type=Path, metavar="DIR", help="a new or empty directory")

    def handle(self, *, submission: str, run: Path | None, **options: Any) -> None:
        try:
            found = services.reproduction(submission)
        except ObjectDoesNotExist:
            raise CommandError(f"There is no submission {submission!r}.") from None
        except services.NotPossible as error:
            raise CommandError(str(error)) from None
        if run is None:
            self._print(found)
        else:
            self._run(found, run)

    def _print(self, found: Reproduction) -> None:
        python = shlex.quote(sys.executable)
        for engine, job in (("training", found.training), ("evaluation", found.evaluation)):
            if job is None:
                continue
            module = {"training": "federated", "evaluation": "evaluators"}[engine]
            self.stdout.write(f"# {engine}")
            self.stdout.write(f"mkdir -p {engine}")
            if engine == "evaluation" and found.training is not None:
                self.stdout.write("cp -r training/adapter evaluation/")
            elif engine == "evaluation":
                for name, digest in found.handed_in.items():
                    self.stdout.write(f"# evaluation/{name}/: what was handed in, tree {digest};")
                    self.stdout.write("# --run DIR lays it there")
            self.stdout.write(
                f"cat > {engine}/job.json <<'JSON'\n{json.dumps(job, indent=2)}\nJSON"
            )
            self.stdout.write(f"{python} -m {module} {engine}\n")

    def _run(self, found: Reproduction, folder: Path) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty.")
        try:
            compared = found.run(folder, say=self.stdout.write)
        except RuntimeError as error:
            raise CommandError(str(error)) from None
        for one in compared:
            self.stdout.write(_line(one))
        if not all(one.same for one in compared):
            raise CommandError("The scores differ.")
        self.stdout.write("Every score is the same.")


def _line(one: Compared) -> str:
    verdict = "same" if one.same else "DIFFERENT"
    return f"{one.protocol:<10}{one.task:<32}{_share(one.stored)}  {_share(one.found)}  {verdict}"


def _share(value: float | None) -> str:
    return "no score" if value is None else f"{100 * value:8.4f}"
