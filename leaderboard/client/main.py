"""The command line: what may be typed, and how a command ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import __version__, display, verbs
from .errors import DONE, ClientError, Usage

INTERRUPTED = 130

Verb = Callable[[argparse.Namespace], Any]


def run() -> NoReturn:
    """The console script."""
    sys.exit(main())


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command line; its exit code. argparse itself exits with 2."""
    given = _parser().parse_args(words)
    try:
        answer = given.verb(given)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return _fail(given, Usage(f"{error.filename or 'a file'}: {error.strerror or error}"))
    except ClientError as error:
        return _fail(given, error)
    if given.json:
        display.as_json(answer)
    return DONE


def _fail(given: argparse.Namespace, error: ClientError) -> int:
    if given.json:
        display.as_json(error.as_json())
    else:
        display.error(error)
    return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flboard", description="Hand in to a leaderboard and follow what becomes of it.",
        epilog="Exit codes: 0 done, 1 refused or failed, 2 usage, 3 not signed in or not allowed, "
        "4 network, 5 a limit was reached.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"flboard {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _command(commands, "login", verbs.login, "keep a token, asked for or from standard input")
    _sending(_command(commands, "check", verbs.check, "validate without handing in; no quota"))
    _submit(_command(commands, "submit", verbs.submit, "hand in a recipe, file, folder or numbers"))
    _interval(_of_one(_command(commands, "watch", verbs.watch, "follow one to its scores")))
    _of_one(_command(commands, "show", verbs.show, "where one stands, and its scores"))
    _board(_command(commands, "board", verbs.board, "a board; without a domain, which there are"))
    _export(_of_one(_command(commands, "export", verbs.export, "items and run record, to files")))
    _of_one(_command(commands, "cancel", verbs.cancel, "stop one that waits or runs"))
    _of_one(_command(commands, "publish", verbs.publish, "make a private one public"))
    withdraw = _of_one(_command(commands, "withdraw", verbs.withdraw, "take one off the boards"))
    withdraw.add_argument("--reason", required=True, help="public, on its page")
    return parser


def _command(commands: Any, name: str, verb: Verb, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--server", metavar="URL", help="default: FLBOARD_SERVER, the last login")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.set_defaults(verb=verb)
    return parser


def _of_one(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("id", metavar="ID", help="a submission's id or address")
    return parser


def _submit(parser: argparse.ArgumentParser) -> None:
    _sending(parser)
    parser.add_argument("--watch", action="store_true", help="follow it to its scores")
    _interval(parser)


def _interval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--interval", type=float, default=2.0, metavar="SECONDS", help="between two looks"
    )


def _board(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("domain", nargs="?")
    parser.add_argument("--protocol", choices=("clean", "official"))


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="default: the id")


def _sending(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, nargs="?", help="a recipe (.toml), a file or a folder")
    parser.add_argument("--visibility", choices=("public", "private", "draft"), default="public")
    parser.add_argument("--team", help="the team it is handed in for")
    said = parser.add_argument_group("what you say of it")
    said.add_argument("--declare", type=Path, metavar="FILE", help="all of it in TOML or JSON")
    for name in ("name", "domain", "description", "method", "base-model", "base-revision"):
        said.add_argument(f"--{name}")
    for name in ("rounds", "clients-per-round", "trained-parameters"):
        said.add_argument(f"--{name}", type=int, metavar="N")
    said.add_argument("--communication-mb", type=float, metavar="MB", help="both ways, MiB")
    said.add_argument("--licence")
    said.add_argument("--link", action="append", metavar="URL", help="may be repeated")
    said.add_argument("--training-data", action="append", metavar="NAME", help="may be repeated")
    said.add_argument(
        "--score", action="append", metavar="TASK=PERCENT", help="a reported number; repeated"
    )
