"""`python -m federated.simulation APP_DIR --supernodes N`: runs a Flower app, unchanged.

Exit codes: 0 the app came to its end; 1 it failed; 2 the call or the app was refused; 130 Ctrl-C;
143 terminated. Progress and report go to stderr, so that stdout is what the app prints.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ..program import EXIT_DONE, EXIT_FAILED, EXIT_REFUSED, log_failure
from .apps import BadApp, FlowerApp, load, override
from .console import Progress, flower_log, summarise
from .run import simulate
from .settings import Settings

EXIT_CTRL_C = 128 + signal.SIGINT
EXIT_TERMINATED = 128 + signal.SIGTERM


def main(arguments: list[str]) -> int:
    """Run the command line and answer its exit code."""
    asked = _parser().parse_args(arguments)
    # Threads that spin while they wait slow each other down many times over on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        settings = _settings(asked)
        if asked.profiles and not asked.profiles.absolute().parent.is_dir():
            raise BadApp(f"--profiles {asked.profiles}: there is no such folder.")
        app = load(asked.app)
        app = app._replace(run_config=override(app.run_config, *asked.run_config))
        run(app, _supernodes(asked, app), settings, asked)
    except BadApp as error:
        if error.__cause__:  # the app's own defect: where it is
            traceback.print_exception(error.__cause__)
        print("\n".join(filter(None, [error.message, error.hint])), file=sys.stderr)
        return EXIT_REFUSED
    except Exception as error:
        log_failure(error)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("Stopped by Ctrl-C.", file=sys.stderr)
        return EXIT_CTRL_C
    return EXIT_DONE


def run(app: FlowerApp, supernodes: int, settings: Settings, asked: argparse.Namespace) -> None:
    """Simulate, with a bar and a closing report unless `asked.quiet`."""
    progress = None if asked.quiet else Progress(sys.stderr)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="simulation-") as folder, ExitStack() as closing:
        file = asked.profiles or Path(folder) / "profiles.jsonl"
        if progress:
            before = file.stat().st_size if file.exists() else 0
            closing.callback(lambda: _report(app.name, file, before, time.monotonic() - begun))
            closing.callback(progress.close)
            closing.enter_context(flower_log(progress.write, asked.log))
        simulate(
            app.server_app,
            app.client_app,
            supernodes,
            settings=settings,
            run_config=app.run_config,
            watch=progress,
            profiles=file,
        )


def _report(name: str, file: Path, before: int, seconds: float) -> None:
    if not file.exists():
        return
    with file.open(encoding="utf-8") as lines:
        lines.seek(before)
        print(f"{name}: {summarise(lines, seconds)}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m federated.simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("app", type=Path, metavar="APP_DIR", help="a folder whose pyproject.toml has a Flower app")
    add("--supernodes", type=int, metavar="N", help="simulated clients")
    add("--run-config", action="append", default=[], metavar='"k=v ..."', help="as flwr run's")
    add("--profiles", type=Path, metavar="FILE", help="append what each client took, as JSON lines")
    add("--log", action="store_true", help="Flower's own log as well, with each round's metrics")
    add("--quiet", action="store_true", help="no progress and no report")
    for name, field in Settings.model_fields.items():
        add(f"--{name.replace('_', '-')}", help=_help(field), **_shown(field.annotation))
    return parser


def _help(field: FieldInfo) -> str:
    default = "" if field.default is None else f" Default: {field.default}."
    return f"{field.description}{default}".replace("%", "%%")


def _shown(annotation: Any) -> dict[str, Any]:
    """A closed set as its values, everything else as a number."""
    return (
        {"choices": get_args(annotation)} if get_origin(annotation) is Literal else {"metavar": "X"}
    )


def _settings(asked: argparse.Namespace) -> Settings:
    """The settings that were given, in their types; `BadApp` for a value out of range."""
    given = {name: getattr(asked, name) for name in Settings.model_fields}
    try:
        return Settings.model_validate({k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise BadApp(f"--{option} {first['input']!r}: {first['msg']}.") from None


def _supernodes(asked: argparse.Namespace, app: FlowerApp) -> int:
    """What was asked, or what the app's own federation says."""
    found = app.federation.get("num-supernodes") if asked.supernodes is None else asked.supernodes
    if found is None:
        raise BadApp("How many clients? Give --supernodes N.")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise BadApp(f"{found!r} supernodes: a whole number of at least 1 was wanted.")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
