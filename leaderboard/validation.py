"""From what somebody handed in to a recipe that can run, or every reason why not at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from federated import hub, reading, traffic
from federated.domains import DOMAINS
from federated.errors import EngineError, NotInHub
from federated.job import Pin
from federated.naming import unknown
from federated.reading import Problem
from federated.recipe import Recipe


def parse(text: str | bytes, overrides: Mapping[str, str] | None = None) -> Recipe:
    """The recipe in a TOML text; `reading.BadRecipe` with every problem."""
    return reading.read(text, overrides or {}, check)


def parse_values(values: dict[str, Any]) -> Recipe:
    """The recipe in a form's plain values; `reading.BadRecipe` with every problem."""
    return reading.validate(values, check)


def check(recipe: Recipe) -> list[Problem]:
    """What the schema cannot know: whether the hub has what is named, and the byte budget."""
    base, problems = _pinned_base(recipe)
    problems += _dataset_problems(recipe)
    if base is not None:
        problems += _adapter_problems(recipe, base)
    return problems


def _pinned_base(recipe: Recipe) -> tuple[Pin | None, list[Problem]]:
    name, revision = recipe.base.model, recipe.base.revision
    try:
        return hub.pin_model(name, revision), []
    except NotInHub as error:
        place = "base.revision" if revision != "main" and _is_there(name) else "base.model"
        return None, [_problem(place, error)]
    except EngineError as error:
        return None, [_problem("base.model", error)]


def _is_there(model: str) -> bool:
    """Whether the model exists, so that only its revision can be wrong."""
    try:
        hub.pin_model(model)
    except EngineError:
        return False
    return True


def _dataset_problems(recipe: Recipe) -> list[Problem]:
    try:
        hub.pin_dataset(DOMAINS[recipe.domain].dataset, recipe.data.revision)
    except EngineError as error:
        return [_problem("data.revision", error)]
    return []


def _adapter_problems(recipe: Recipe, base: Pin) -> list[Problem]:
    """Layers that the base lacks, and the budget's closed form; the engine still meters runs."""
    try:
        config = hub.model_config(base)
    except EngineError as error:
        return [_problem("base.model", error)]
    if missing := traffic.missing_targets(config, recipe.lora):
        words = unknown("layer", missing[0], traffic.linear_shapes(config) or ())
        return [Problem("lora.targets", None, f"{words} in {recipe.base.model}")]
    expected = traffic.estimate(recipe, config)
    budget = recipe.budget.megabytes
    if expected is None or expected.total_mib <= budget:
        return []
    return [
        Problem(
            "budget.megabytes",
            None,
            f"the run would send {expected.total_mib:,.0f} MiB "
            f"({expected.message_mib:,.1f} MiB a message), the budget is {budget:,} MiB",
            "lower train.rounds, train.fraction or lora.rank",
        )
    ]


def _problem(place: str, error: EngineError) -> Problem:
    """An engine's error at a place of the recipe; one that may pass says so."""
    hint = error.hint if error.permanent else "nothing is wrong with the recipe: try again later"
    return Problem(place, None, error.message, hint)
