"""Any Flower app directory as two callables and a configuration."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeVar, cast

from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp

from .run_config import BadApp, RunConfig, Table, flatten, override, read_toml

__all__ = ["BadApp", "FlowerApp", "Manifest", "load", "override", "read_manifest"]

App = TypeVar("App", ServerApp, ClientApp)


class FlowerApp(NamedTuple):
    """What `pyproject.toml` of an app directory names, loaded.

    `run_config` holds the defaults of `[tool.flwr.app.config]` and `federation` the options of the
    default federation, if the app still carries one; nested keys are joined by dots in both.
    """

    name: str
    server_app: ServerApp
    client_app: ClientApp
    run_config: RunConfig
    federation: RunConfig


class Manifest(NamedTuple):
    """The same before anything of the app is imported; components are `module:attribute`."""

    name: str
    serverapp: str
    clientapp: str
    run_config: RunConfig
    federation: RunConfig


def load(folder: Path) -> FlowerApp:
    """Import an app's two components; `folder` stays on `sys.path`, as the app needs it.

    Raises `BadApp` for a directory that is none, with what was found, what was wanted and where.
    """
    manifest = read_manifest(folder)
    root = str(folder.resolve())
    if root not in sys.path:
        sys.path.insert(0, root)
    return FlowerApp(
        manifest.name,
        _component(folder, "serverapp", manifest.serverapp, ServerApp),
        _component(folder, "clientapp", manifest.clientapp, ClientApp),
        manifest.run_config,
        manifest.federation,
    )


def read_manifest(folder: Path) -> Manifest:
    """What `folder/pyproject.toml` says of the app."""
    file = folder / "pyproject.toml"
    whole = read_toml(file)
    app = _table(file, whole, "tool", "flwr", "app")
    components = _table(file, app, "components", under="tool.flwr.app.")
    return Manifest(
        str(_get(whole, "project").get("name", folder.resolve().name)),
        _reference(file, components, "serverapp"),
        _reference(file, components, "clientapp"),
        flatten(app.get("config", {}), f"[tool.flwr.app.config] of {file}"),
        _default_federation(file, _get(whole, "tool", "flwr", "federations")),
    )


def _get(table: Table, *keys: str) -> Table:
    for key in keys:
        table = cast(Table, table.get(key) or {})
        if not isinstance(table, dict):
            return {}
    return table


def _table(file: Path, table: Table, *keys: str, under: str = "") -> Table:
    found = _get(table, *keys)
    if not found:
        raise BadApp(f"{file} has no [{under}{'.'.join(keys)}].", "Every Flower app has one.")
    return found


def _reference(file: Path, components: Table, kind: str) -> str:
    found = components.get(kind)
    where = f"{kind} in [tool.flwr.app.components] of {file}"
    if found is None and "agentapp" in components:
        raise BadApp(f"{file} holds an agent app; only a serverapp and a clientapp are run.")
    if found is None:
        raise BadApp(f"There is no {where}.", f'It looks like {kind} = "package.module:app".')
    if not isinstance(found, str) or not re.fullmatch(r"[\w.]+:[\w.]+", found):
        raise BadApp(
            f'{kind.capitalize()} {found!r} is not "package.module:attribute"; see {file}.'
        )
    return found


def _default_federation(file: Path, federations: Table) -> RunConfig:
    """Older apps hold their federations; the default one's options say how many nodes it has."""
    chosen = _get(federations, str(federations.get("default", "local-simulation")))
    return flatten(_get(chosen, "options"), f"[tool.flwr.federations] of {file}")


def _component(folder: Path, kind: str, reference: str, wanted: type[App]) -> App:
    name, _, attributes = reference.partition(":")
    found: Any = _module(folder, kind, name)
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            raise BadApp(f"{kind.capitalize()} {reference!r}: {name} has no {attribute!r}.")
        found = getattr(found, attribute)
    if not isinstance(found, wanted):
        raise BadApp(
            f"{kind.capitalize()} {reference!r} is of type {type(found).__name__}, "
            f"{wanted.__name__} was wanted."
        )
    return found


def _module(folder: Path, kind: str, name: str) -> ModuleType:
    """Import a module, and be sure that it is the one of this directory."""
    _refuse_namesake(folder.resolve(), name.partition(".")[0])
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise BadApp(
            f"{kind.capitalize()} {name} in {folder} cannot be imported: "
            f"{type(error).__name__}: {error}.",
            "The app's own dependencies are in its pyproject.toml; install them beside this.",
        ) from error


def _refuse_namesake(folder: Path, package: str) -> None:
    loaded = sys.modules.get(package)
    ours = (folder / package).is_dir() or (folder / f"{package}.py").is_file()
    if loaded is None or not ours:
        return
    places = [
        Path(place).resolve()
        for place in (loaded.__file__, *getattr(loaded, "__path__", ()))
        if place
    ]
    if not any(place.is_relative_to(folder) for place in places):
        raise BadApp(
            f"{package!r} is already imported from {places[0] if places else 'Python itself'}; "
            f"the app in {folder} wants its own.",
            "Give the package another name, or run one app in one process.",
        )
