"""A recipe as the TOML text a person could have typed: what the form stores and the page shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from federated.recipe import Recipe


def to_toml(recipe: Recipe) -> str:
    """The whole recipe, defaults included; what is left empty (None) is left out."""
    plain = recipe.as_dict()
    tables = {key: value for key, value in plain.items() if isinstance(value, Mapping)}
    top = {key: value for key, value in plain.items() if key not in tables}
    parts = [_lines(top), *(f"[{key}]\n{_lines(table)}" for key, table in tables.items())]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(table: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in table.items() if value is not None}
    return "\n".join(f"{key} = {_value(value)}" for key, value in kept.items())


def _value(value: Any) -> str:
    """JSON is TOML for strings, numbers, booleans and lists of them, but for one control code."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
