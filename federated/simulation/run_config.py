"""The run configuration of a Flower app, and overrides of it as `flwr run` takes them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..naming import unknown

Scalar = bool | int | float | str
RunConfig = dict[str, Scalar]
Table = dict[str, Any]

# A key, an equals sign and a value that is quoted or free of spaces, as `flwr run` splits them.
PAIR = re.compile(r"(\S+?)=('[^']*'|\"[^\"]*\"|\S+)")
SHAPE = "for example \"rounds=3 train.lr=0.1 name='a b'\""


class BadApp(EngineError):
    """A directory that is no Flower app, or an override that does not fit the app."""

    code = "bad-app"


def override(run_config: Mapping[str, Scalar], *overrides: str) -> RunConfig:
    """`run_config` with `key=value` pairs over it, as `flwr run --run-config` takes them.

    Values are TOML's, keys may be dotted; a lone `FILE.toml` is read instead. A key that the app
    does not have is a `BadApp`, and so is text that is no pair, which Flower would ignore.
    """
    changes = {key: value for text in overrides for key, value in _parsed(text, overrides).items()}
    for key in changes:
        if key not in run_config:
            raise BadApp(f"--run-config: {unknown('key', key, run_config)}")
    return {**run_config, **changes}


def flatten(table: Any, where: str, prefix: str = "") -> RunConfig:
    """Nested tables as one, keys joined by dots; anything but a scalar is refused.

    >>> flatten({"train": {"lr": 0.1}}, "here")
    {'train.lr': 0.1}
    """
    if not isinstance(table, dict):
        raise BadApp(f"{where} is of type {type(table).__name__}, a table was wanted.")
    flat: RunConfig = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat |= flatten(value, where, f"{name}.")
        elif isinstance(value, bool | int | float | str):
            flat[name] = value
        else:
            kind = type(value).__name__
            raise BadApp(
                f"{name} in {where} is of type {kind}; Flower takes booleans, numbers and strings."
            )
    return flat


def _parsed(text: str, overrides: tuple[str, ...]) -> RunConfig:
    if text.strip().endswith(".toml") and "=" not in text:
        if len(overrides) > 1:
            raise BadApp(f"{text} cannot be mixed with other run-config overrides.")
        return flatten(read_toml(Path(text.strip()).expanduser()), text)
    rest = PAIR.sub("", text).split()
    if rest:
        raise BadApp(f"{rest[0]!r} in --run-config is not key=value without spaces, {SHAPE}.")
    lines = "\n".join(f"{key} = {value}" for key, value in PAIR.findall(text))
    try:
        return flatten(tomllib.loads(lines), "--run-config")
    except tomllib.TOMLDecodeError as error:
        raise BadApp(f"--run-config {text!r} is not TOML: {error}; {SHAPE}.") from None


def read_toml(file: Path) -> Table:
    """A TOML file's content; one that is missing or malformed is a `BadApp`."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadApp(f"{file} is not there.", "A Flower app has a pyproject.toml.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadApp(f"{file} cannot be read as TOML: {error}.") from None
