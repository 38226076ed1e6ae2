"""What an upload is, told from its content: a recipe, an adapter, outputs, or numbers alone."""

from __future__ import annotations

from pathlib import Path

from federated.naming import unknown
from federated.reading import BadRecipe, Problem
from leaderboard import validation
from leaderboard.domains import DOMAINS

from . import adapter
from .contract import Declared, Found
from .numbers import look_numbers
from .outputs import look_outputs


def look(folder: Path | None, name: str, declared: Declared) -> Found:
    """What the files in a folder are, with every problem at once; None: there are no files.

    `name` is what the upload was called, for words only.
    """
    if folder is None:
        return named(look_numbers(declared), declared)
    recipe = _only_recipe(folder)
    if recipe is not None:
        return look_recipe(recipe.read_bytes())
    if adapter.looks_like_one(folder):
        return named(adapter.look_adapter(folder, declared), declared)
    found = look_outputs(folder, declared)
    if found.kind is None and not found.problems:
        found = found._replace(problems=(_unknown(folder, name),))
    return named(found, declared)


def look_recipe(text: str | bytes) -> Found:
    """A recipe's text; its name and domain stand in it."""
    found = Found("recipe", "toml", "A recipe")
    try:
        recipe = validation.parse(text)
    except BadRecipe as refused:
        return found._replace(problems=refused.problems)
    return found._replace(
        title=f"A recipe: {recipe.method.name} on {recipe.base.model}",
        domain=recipe.domain,
        base_model=recipe.base.model,
    )


def _only_recipe(folder: Path) -> Path | None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return files[0] if len(files) == 1 and files[0].suffix == ".toml" else None


def _unknown(folder: Path, name: str) -> Problem:
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return Problem(
        "file",
        None,
        f"{name[:80]!a} holds nothing that is known here: {', '.join(files[:3])}{more}",
        "a recipe (.toml), a PEFT adapter, or outputs of lm-eval, FlowerTune, bigcode or EvalPlus",
    )


def named(found: Found, declared: Declared) -> Found:
    """Every entry but a recipe needs a name from its owner; the board its content may tell."""
    told = {problem.place for problem in found.problems}
    problems = []
    if not declared.name:
        problems.append(Problem("name", None, "missing", "how the entry is called on the board"))
    domain = declared.domain or found.domain
    if not domain:
        problems.append(Problem("domain", None, "missing", f"one of {', '.join(DOMAINS)}"))
    elif domain not in DOMAINS:
        problems.append(Problem("domain", None, unknown("board", domain, DOMAINS)))
    more = tuple(problem for problem in problems if problem.place not in told)
    return found._replace(domain=domain, problems=(*more, *found.problems))
