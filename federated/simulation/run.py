"""Runs a Flower app, unchanged: its ServerApp here, its clients on a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from flwr.app import Context, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp

from .compat import RUN_ID, SERVER_NODE_ID, prepare
from .devices import device
from .grid import Seen, SimulationGrid, SizeOf, Watch, unknown_size
from .inline import Inline
from .processes import Processes, Start
from .profiles import Profiles
from .runner import Federation
from .settings import Settings
from .sizing import Sizing
from .work import Backend

RunConfig = Mapping[str, bool | int | float | str]
NOTHING: RunConfig = MappingProxyType({})


def simulate(
    server_app: ServerApp,
    client_app: ClientApp,
    supernodes: int,
    *,
    settings: Settings = Settings(),  # noqa: B008 - immutable
    run_config: RunConfig = NOTHING,
    watch: Watch | None = None,
    profiles: Path | None = None,
    size_of: SizeOf = unknown_size,
) -> Context:
    """Run the app over `supernodes` simulated clients and answer the server's context.

    The server app runs in this thread. `watch` is told how far a round is, `profiles` is a file
    that what was measured is appended to. Raises what the server app raises.
    """
    if supernodes < 1:
        raise ValueError(f"{supernodes} supernodes were asked, at least 1 is wanted")
    federation = Federation(supernodes, dict(run_config))
    context = Context(RUN_ID, SERVER_NODE_ID, {}, RecordDict(), dict(run_config))
    sizing = None if settings.workers or settings.backend != "local" else Sizing(settings.threads)
    if sizing:
        settings = settings.model_copy(update={"workers": min(sizing.start, supernodes)})
    with running(client_app, federation, settings) as backend:
        grid = SimulationGrid(
            backend,
            supernodes,
            settings,
            size_of=size_of,
            profiles=Profiles(profiles),
            watch=watch,
            sizing=sizing,
        )
        server_app(grid, context)
    return context


@contextmanager
def running(app: ClientApp, federation: Federation, settings: Settings) -> Iterator[Backend]:
    """The backend that the settings ask for, ended whatever happens."""
    backend = start(app, federation, settings)
    try:
        yield backend
    finally:
        backend.close()


def start(app: ClientApp, federation: Federation, settings: Settings) -> Backend:
    """Workers for this app."""
    prepare()
    match settings.backend:
        case "inline":
            return Inline(app, federation, device())
        case "ray":
            from .machines import Machines

            machines: Backend = Machines(app, federation, settings)
            return machines
        case _:
            workers = min(settings.workers or Sizing(settings.threads).start, federation.clients)
            how: Start = "spawn" if device() != "cpu" else "fork"
            return Processes(app, federation, workers, settings.threads, how, device())


__all__ = ["RunConfig", "Seen", "simulate", "start"]
