"""The arrows of the design: who may import whom. Imports inside functions count too."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("federated", "evaluators", "leaderboard")

# What the site may know of the engines: data and contracts, nothing that imports torch.
LIGHT = {
    "federated": {
        "domains", "errors", "hub", "job", "methods", "naming", "program", "reading", "recipe",
        "traffic",
    },
    "evaluators": {"errors", "job", "outputs", "scoring", "suites"},
}  # fmt: skip

# What the second engine may use of the first.
FROM_FEDERATED = {"errors", "hub", "job", "measure", "model", "naming", "program"}

FACES = {
    "views", "tasks", "admin", "management", "templatetags", "urls", "middleware", "api", "feeds",
}  # fmt: skip
BELOW_FACES = {"services", "queries", "forms"}


def modules(room: str) -> Iterator[tuple[str, ast.Module]]:
    for file in sorted((ROOT / room).rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(file.read_text(encoding="utf-8"))


def imports(name: str, tree: ast.Module, is_package: bool) -> Iterator[str]:
    """Absolute names of everything a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                up = node.level - 1 if is_package else node.level
                parents = parts[: len(parts) - up]
                base = ".".join([*parents, base] if base else parents)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def arrows(room: str) -> Iterator[tuple[str, str]]:
    for name, tree in modules(room):
        is_package = (ROOT / Path(*name.split(".")) / "__init__.py").is_file()
        for target in imports(name, tree, is_package):
            yield name, target


def room_of(name: str) -> str:
    return name.split(".")[0]


def part_of(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_the_training_engine_knows_neither_of_the_others() -> None:
    wrong = [
        a for a in arrows("federated") if room_of(a[1]) in ("evaluators", "leaderboard", "django")
    ]
    assert wrong == []


def test_the_evaluation_engine_uses_only_the_shared_parts_of_training() -> None:
    wrong = [
        (name, target)
        for name, target in arrows("evaluators")
        if room_of(target) in ("leaderboard", "django")
        or (room_of(target) == "federated" and part_of(target) not in FROM_FEDERATED)
    ]
    assert wrong == []


@pytest.mark.parametrize("engine", ["federated", "evaluators"])
def test_the_site_knows_an_engine_by_its_light_modules_only(engine: str) -> None:
    wrong = [
        (name, target)
        for name, target in arrows("leaderboard")
        if room_of(target) == engine and part_of(target) not in LIGHT[engine]
    ]
    assert wrong == []


def test_what_lies_below_never_imports_a_face() -> None:
    wrong = [
        (name, target)
        for name, target in arrows("leaderboard")
        if part_of(name) not in FACES | {"celery", "wsgi", "settings"}
        and room_of(target) == "leaderboard"
        and part_of(target) in FACES
    ]
    assert wrong == []


def test_rules_never_import_verbs_or_reads() -> None:
    wrong = [
        (name, target)
        for name, target in arrows("leaderboard")
        if part_of(name) not in FACES | BELOW_FACES | {"celery", "wsgi", "settings", "apps"}
        and room_of(target) == "leaderboard"
        and part_of(target) in BELOW_FACES
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_leads_back_to_itself(room: str) -> None:
    known = {name for name, _ in modules(room)}
    graph: dict[str, set[str]] = {name: set() for name in known}
    for name, tree in modules(room):
        is_package = (ROOT / Path(*name.split(".")) / "__init__.py").is_file()
        for target in imports(name, tree, is_package):
            hit = target if target in known else target.rpartition(".")[0]
            if hit in known and hit != name and not name.startswith(f"{hit}."):
                graph[name].add(hit)
    assert _circle(graph) == []


def _circle(graph: dict[str, set[str]]) -> list[str]:
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        done.add(name)
        for target in sorted(graph[name]):
            if found := visit(target, [*path, name]):
                return found
        return []

    for name in sorted(graph):
        if found := visit(name, []):
            return found
    return []


def test_the_web_process_never_imports_torch() -> None:
    code = (
        "import django, sys; django.setup(); import leaderboard.urls;"
        "print([m for m in ('torch', 'transformers', 'flwr', 'lm_eval') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={"DJANGO_SETTINGS_MODULE": "leaderboard.settings", "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.stdout.strip() == "[]", answer.stdout + answer.stderr
