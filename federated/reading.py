"""From a recipe's TOML text to a `Recipe`, or every reason why not, each with its place. Light."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from .methods import METHODS
from .naming import unknown
from .recipe import Recipe

Plain = dict[str, Any]
Location = tuple[str | int, ...]

MAX_BYTES = 64 * 1024


class Problem(NamedTuple):
    """One thing wrong: where (dotted key, line from 1 or None), what was found and wanted."""

    place: str
    line: int | None
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}, {self.place}" if self.line else self.place
        return f"{where}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class BadRecipe(ValueError):
    """A recipe that was refused, with all its problems at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


Check = Callable[[Recipe], list[Problem]]


def read(
    text: str | bytes, overrides: Mapping[str, str] | None = None, check: Check | None = None
) -> Recipe:
    """The recipe in a TOML text.

    `overrides` are dotted keys to TOML values (`{"train.rounds": "20"}`), as `--set` gives them.
    `check` looks at what the schema cannot know (the hub, the budget); it also runs on the sound
    part of a recipe that the schema refuses, so that every problem is told at once.
    """
    decoded = _decode(text)
    data = _parse(decoded)
    for key, value in (overrides or {}).items():
        _set(data, key, value)
    return validate(data, check, line_of=lambda location: find_line(decoded, location))


def validate(
    data: Plain,
    check: Check | None = None,
    line_of: Callable[[Location], int | None] = lambda location: None,
) -> Recipe:
    """The recipe in plain values; `BadRecipe` with every problem."""
    problems: list[Problem] = []
    try:
        sound: Recipe | None = Recipe.model_validate(data)
    except ValidationError as error:
        problems = [_problem(e, line_of, data) for e in error.errors(include_url=False)]
        sound = _sound_part(data, [e["loc"] for e in error.errors()])
    wrong = {problem.place for problem in problems}
    if sound and check:
        found = [p for p in check(sound) if p.place not in wrong]
        problems += [p._replace(line=line_of(tuple(p.place.split(".")))) for p in found]
    if problems or sound is None:
        raise BadRecipe(problems)
    return sound


def _decode(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise BadRecipe(
            [Problem("file", None, f"{len(text)} bytes found, at most {MAX_BYTES} are read")]
        )
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise BadRecipe([Problem("file", line, "not UTF-8 text")]) from None


def _parse(text: str) -> Plain:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        number = int(line[1]) if line else None
        raise BadRecipe([Problem("file", number, f"not valid TOML: {error}")]) from None


def _set(data: Plain, key: str, value: str) -> None:
    """Put one override in its place; a value that is not TOML is taken as a string."""
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    *tables, last = key.split(".")
    for table in tables:
        inner = data.setdefault(table, {})
        if not isinstance(inner, dict):
            inner = data[table] = {"name": inner}
        data = inner
    data[last] = parsed


def _problem(error: Any, line_of: Callable[[Location], int | None], data: Plain) -> Problem:
    location = tuple(part for part in error["loc"] if part != "parameters")
    place = ".".join(map(str, location)) or "recipe"
    found = error.get("input")
    match error["type"]:
        case "missing":
            message = "missing"
        case "extra_forbidden":
            message = f"unknown key, found {_short(found)}"
        case "value_error":
            message = str(error["ctx"]["error"])
        case "string_too_short":
            message = "empty"
        case "string_too_long":
            most = error["ctx"]["max_length"]
            message = f"{len(str(found))} characters found, at most {most} fit"
        case "string_pattern_mismatch":
            message = f"found {_short(found)}, which is not a name of this kind"
        case _:
            wanted = error["msg"].replace("Input should", "should")
            message = f"found {_short(found)}, it {wanted}"
    return Problem(place, line_of(location), message, _hint(location, error["type"], data))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _hint(location: Location, kind: str, data: Plain) -> str:
    """Near keys for an unknown one."""
    if kind != "extra_forbidden":
        return ""
    *tables, key = location
    section: Any = Recipe
    for part in tables:
        field = getattr(section, "model_fields", {}).get(str(part))
        section = field.annotation if field else None
    if tables == ["method"]:
        method = data.get("method")
        section = METHODS[
            method.get("name", "fedavg") if isinstance(method, dict) else str(method)
        ].parameters
    return unknown("key", key, getattr(section, "model_fields", {}))


def _sound_part(data: Plain, locations: Sequence[Location]) -> Recipe | None:
    """The recipe without the keys that were refused, or None when nothing whole is left."""
    kept = _without(data, [tuple(p for p in loc if p != "parameters") for loc in locations])
    try:
        return Recipe.model_validate({"name": "unnamed", **kept})
    except ValidationError:
        return None


def _without(data: Any, locations: Sequence[Location]) -> Any:
    if not isinstance(data, dict):
        return data
    dropped = {loc[0] for loc in locations if len(loc) == 1}
    return {
        key: _without(value, [loc[1:] for loc in locations if len(loc) > 1 and loc[0] == key])
        for key, value in data.items()
        if key not in dropped
    }


def find_line(text: str, location: Location) -> int | None:
    """The line (from 1) where a key stands in a TOML text; its table's header if it is absent."""
    wanted = [str(part) for part in location if not isinstance(part, int)]
    table: list[str] = []
    nearest = None
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([\w.\-\" ]+?)\s*\]+", line)
        if header:
            table = _keys(header[1])
            if table == wanted:
                return number
            if table == wanted[: len(table)]:
                nearest = number
            continue
        assignment = re.match(r"\s*([\w.\-\"]+)\s*=", line)
        if assignment and table + _keys(assignment[1]) == wanted:
            return number
        if assignment and wanted[: len(table) + 1] == table + _keys(assignment[1]):
            nearest = number
    return nearest


def _keys(dotted: str) -> list[str]:
    return [part.strip().strip('"') for part in dotted.split(".")]
