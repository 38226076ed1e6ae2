"""Trains an adapter over a simulated federation: the engine's heavy half."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import torch
from datasets import Dataset
from flwr.app import ArrayRecord, ConfigRecord, Context, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import Strategy
from peft import PeftModel

from . import hub, measure, partition
from .arrays import Arrays
from .checkpoint import Account, Checkpoint
from .client_app import Holdings, client_app
from .domains import DOMAINS
from .errors import BadJob
from .hooks import Hooked, RoundFacts, report_round
from .job import Job, Result, Traffic
from .methods import METHODS, Method
from .model import Loaded, adapter_parameters, add_adapter, export, load_base, read_adapter
from .program import JobDirectory
from .prompts import Example, encode
from .records import from_record, to_record
from .simulation.compat import RUN_ID, SERVER_NODE_ID
from .simulation.grid import SimulationGrid
from .simulation.profiles import Profiles
from .simulation.run import running
from .simulation.runner import Federation
from .simulation.settings import Settings

PACKAGES = ("torch", "transformers", "peft", "flwr", "flwr-datasets", "datasets", "numpy")

BACKENDS = ("local", "inline", "ray")

Shares = Sequence[Dataset]


def train(directory: JobDirectory, job: Job, method: Method) -> Result:
    """Run the job's rounds, from its last checkpoint if there is one, and export the adapter."""
    started = time.perf_counter()
    # Not more before the workers are forked: a child cannot use its parent's threads.
    torch.set_num_threads(1)
    recipe = job.recipe
    # 1. Who holds what.
    resident = Resident(job)
    partition.write_description(
        directory.path, resident.shares, DOMAINS[recipe.domain], recipe.data
    )
    # 2. The base model and a fresh adapter.
    loaded = resident.loaded
    total = sum(parameter.numel() for parameter in loaded.model.parameters())
    model = resident.model
    # 3. The strategy and where it stands.
    assert method.strategy is not None
    strategy, account = method.strategy(recipe.method.parameters, recipe.cohort), Account()
    checkpoint = Checkpoint(directory, job_digest(job))
    arrays = checkpoint.load(strategy, account) or read_adapter(model)
    _announce(directory, job, loaded, model, account)
    # 4. The rounds.
    hooked = _hooked(directory, job, strategy, account, checkpoint)
    rounds = recipe.train.rounds - account.round
    memory = measure.peak_memory()
    if rounds:
        arrays, workers_memory = _simulated(directory, resident, hooked, arrays, rounds)
        memory = max(measure.peak_memory(), memory) + workers_memory
    # 5. The adapter, and what it took.
    export(model, arrays, job.base, directory.path / "adapter")
    return _result(
        directory,
        job,
        method,
        loaded,
        account,
        trained_parameters=sum(array.size for array in arrays.values()),
        total_parameters=total,
        seconds=time.perf_counter() - started,
        partition_sizes=tuple(len(share) for share in resident.shares),
        peak_memory_bytes=memory,
    )


class Resident:
    """What a machine holds for a job while it trains: the data's shares, one base, one adapter.

    Everything is loaded when it is first asked for, so that a worker that was started afresh (on
    another machine, say) loads what its clients need and no more.
    """

    def __init__(self, job: Job) -> None:
        self.job = job

    @cached_property
    def shares(self) -> Shares:
        """One dataset a client."""
        recipe, domain = self.job.recipe, DOMAINS[self.job.recipe.domain]
        table = hub.load_table(self.job.dataset, columns=domain.columns)
        return partition.split(table, domain, recipe.cohort.clients, recipe.data)

    @cached_property
    def loaded(self) -> Loaded:
        """The pretrained model and its tokenizer."""
        base = self.job.recipe.base
        return load_base(self.job.base, base.quantization, base.dtype)

    @cached_property
    def model(self) -> PeftModel:
        """The base with the run's adapter; clients write their own numbers into it."""
        recipe = self.job.recipe
        checkpointing = recipe.base.gradient_checkpointing
        return add_adapter(self.loaded, recipe.lora, recipe.seed, checkpointing)

    @cached_property
    def holdings(self) -> Holdings:
        """What a client finds when it is asked: the resident model and, encoded once, its data."""
        recipe, domain = self.job.recipe, DOMAINS[self.job.recipe.domain]
        method = METHODS[recipe.method.name]
        mapping = domain.mapping if recipe.data.input == "keep" else domain.original_mapping

        @cache
        def examples(client: int) -> list[Example]:
            length, eos = recipe.train.sequence_length, recipe.data.train_eos
            return encode(self.shares[client], mapping, self.loaded.tokenizer, length, eos)

        return Holdings(
            model=self.model,
            pad=self.loaded.tokenizer.pad_token_id,
            examples=examples,
            train=recipe.train,
            steps=recipe.cohort.steps,
            seed=recipe.seed,
            penalty=method.penalty(recipe.method.parameters) if method.penalty else None,
        )

    def __reduce__(self) -> tuple[type[Resident], tuple[Job]]:
        """Only the job travels to another process; it loads the rest itself."""
        return Resident, (self.job,)


def _simulated(
    directory: JobDirectory, resident: Resident, hooked: Hooked, arrays: Arrays, rounds: int
) -> tuple[Arrays, int]:
    """The rounds over simulated clients: the final arrays, and bytes the workers held beside us."""
    recipe = resident.job.recipe
    settings = _settings(resident.job, resident.loaded.device)
    federation = Federation(recipe.cohort.clients)
    with running(client_app(resident, settings.lanes), federation, settings) as backend:
        grid = SimulationGrid(
            backend,
            recipe.cohort.clients,
            settings,
            members=recipe.cohort.members,
            profiles=Profiles(directory.path / "profiles.jsonl"),
        )
        arrays = serve(hooked, arrays, rounds, grid)
        return arrays, backend.memory


def _settings(job: Job, device: str) -> Settings:
    """As many workers as the run has threads and its rounds have clients.

    On a GPU the clients share this process and its one resident model.
    """
    workers = max(1, min(job.threads, job.recipe.cohort.per_round))
    wanted = os.environ.get("SIMULATION_BACKEND", "local")
    if wanted not in BACKENDS:
        raise BadJob(f"SIMULATION_BACKEND is {wanted!r}, wanted one of {', '.join(BACKENDS)}.")
    lanes = os.environ.get("SIMULATION_LANES", "1")
    if not lanes.isdecimal() or int(lanes) < 1:
        raise BadJob(f"SIMULATION_LANES is {lanes!r}, a number from 1 on was wanted.")
    backend = "inline" if wanted == "local" and device != "cpu" else wanted
    threads = max(1, job.threads // workers)
    return Settings.model_validate(
        {"workers": workers, "threads": threads, "backend": backend, "lanes": int(lanes)}
    )


def _hooked(
    directory: JobDirectory, job: Job, inner: Strategy, account: Account, checkpoint: Checkpoint
) -> Hooked:
    """The strategy with everything that happens around a round."""
    recipe = job.recipe

    def after_round(server_round: int, aggregate: ArrayRecord, facts: RoundFacts) -> None:
        checkpoint.save(aggregate, inner, account)
        report_round(directory, recipe.train, account, facts)

    budget = recipe.budget.megabytes
    return Hooked(inner, recipe.train, recipe.seed, budget, account, after_round)


def serve(strategy: Strategy, arrays: Arrays, rounds: int, grid: Grid) -> Arrays:
    """Run the strategy as a Flower `ServerApp` over a grid and answer the final arrays."""
    app = ServerApp()
    final: list[ArrayRecord] = []

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        result = strategy.start(
            grid=grid,
            initial_arrays=to_record(arrays),
            num_rounds=rounds,
            train_config=ConfigRecord(),
        )
        final.append(result.arrays)

    app(grid, Context(RUN_ID, SERVER_NODE_ID, {}, RecordDict(), {}))
    return from_record(final[0])


def _announce(
    directory: JobDirectory, job: Job, loaded: Loaded, model: PeftModel, account: Account
) -> None:
    for note in loaded.notes:
        directory.progress("note", message=note)
        print(note, flush=True)
    directory.progress(
        "start",
        of=job.recipe.train.rounds,
        unit="round",
        clients=job.recipe.cohort.clients,
        per_round=job.recipe.cohort.per_round,
        parameters=sum(parameter.numel() for parameter in adapter_parameters(model).values()),
        budget_mib=job.recipe.budget.megabytes,
        device=loaded.device,
        dtype=loaded.dtype,
    )
    if account.round:
        directory.progress("resume", round=account.round)
        print(f"going on after round {account.round}", flush=True)


def job_digest(job: Job) -> str:
    """What makes a checkpoint belong to a job; a name or description may change."""
    plain = job.as_dict()
    for words in ("name", "description"):
        plain["recipe"].pop(words)
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _result(
    directory: JobDirectory,
    job: Job,
    method: Method,
    loaded: Loaded,
    account: Account,
    **counted: Any,
) -> Result:
    return Result(
        method=method.key,
        predictor=method.predictor,
        rounds=account.round,
        clients=job.recipe.cohort.clients,
        clients_per_round=job.recipe.cohort.per_round,
        traffic=Traffic(
            bytes_down=account.bytes_down,
            bytes_up=account.bytes_up,
            budget_mib=job.recipe.budget.megabytes,
        ),
        final_loss=account.loss,
        examples=account.examples,
        tokens=account.tokens,
        device=loaded.device,
        dtype=loaded.dtype,
        quantization=loaded.quantization,
        threads=job.threads,
        notes=loaded.notes,
        environment=measure.environment(PACKAGES),
        files=measure.digests(directory.path / "adapter"),
        **counted,
    )
