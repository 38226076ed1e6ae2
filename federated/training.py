"""Trains an adapter over a simulated federation: the engine's heavy half."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from functools import cache
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
from .client import Holdings, client_app
from .domains import DOMAINS
from .hooks import Hooked, RoundFacts, report_round
from .job import Job, Result, Traffic
from .methods import Method
from .model import Loaded, adapter_parameters, add_adapter, export, load_base, read_adapter
from .program import JobDirectory
from .prompts import Example, encode
from .records import from_record, to_record
from .simulation.compat import SERVER_NODE_ID
from .simulation.grid import RUN_ID, InlineGrid

PACKAGES = ("torch", "transformers", "peft", "flwr", "flwr-datasets", "datasets", "numpy")

Shares = Sequence[Dataset]


def train(directory: JobDirectory, job: Job, method: Method) -> Result:
    """Run the job's rounds, from its last checkpoint if there is one, and export the adapter."""
    started = time.perf_counter()
    torch.set_num_threads(job.threads)
    recipe = job.recipe
    # 1. Who holds what.
    shares = _shares(job)
    # 2. The base model and a fresh adapter.
    loaded = load_base(job.base, recipe.base.quantization, recipe.base.dtype)
    total = sum(parameter.numel() for parameter in loaded.model.parameters())
    model = add_adapter(loaded, recipe.lora, recipe.seed, recipe.base.gradient_checkpointing)
    # 3. The strategy and where it stands.
    assert method.strategy is not None
    strategy, account = method.strategy(recipe.method.parameters, recipe.cohort), Account()
    checkpoint = Checkpoint(directory, job_digest(job))
    arrays = checkpoint.load(strategy, account) or read_adapter(model)
    _announce(directory, job, loaded, model, account)
    # 4. The rounds.
    if account.round < recipe.train.rounds:
        holdings = _holdings(job, method, loaded, model, shares)
        grid = InlineGrid(client_app(holdings), _members(job), recipe.cohort.clients)
        hooked = _hooked(directory, job, strategy, account, checkpoint)
        arrays = serve(hooked, arrays, recipe.train.rounds - account.round, grid)
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
        partition_sizes=tuple(len(share) for share in shares),
    )


def _shares(job: Job) -> Shares:
    recipe, domain = job.recipe, DOMAINS[job.recipe.domain]
    table = hub.load_table(job.dataset, columns=domain.columns)
    return partition.split(table, domain, recipe.cohort.clients, recipe.data)


def _members(job: Job) -> Sequence[int]:
    return job.recipe.cohort.members or range(job.recipe.cohort.clients)


def _holdings(
    job: Job, method: Method, loaded: Loaded, model: PeftModel, shares: Shares
) -> Holdings:
    """What a client finds when it is asked: the resident model and, encoded once, its data."""
    recipe, domain = job.recipe, DOMAINS[job.recipe.domain]
    mapping = domain.mapping if recipe.data.input == "keep" else domain.original_mapping

    @cache
    def examples(client: int) -> list[Example]:
        length, eos = recipe.train.sequence_length, recipe.data.train_eos
        return encode(shares[client], mapping, loaded.tokenizer, length, eos)

    return Holdings(
        model=model,
        pad=loaded.tokenizer.pad_token_id,
        examples=examples,
        train=recipe.train,
        steps=recipe.cohort.steps,
        seed=recipe.seed,
        penalty=method.penalty(recipe.method.parameters) if method.penalty else None,
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
        peak_memory_bytes=measure.peak_memory(),
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
