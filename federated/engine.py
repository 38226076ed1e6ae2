"""The training engine: one job in, one adapter out."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import resource
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .domains import DOMAINS
from .job import Job, Result, Traffic
from .methods import METHODS, Cohort, Method
from .program import JobDirectory

if TYPE_CHECKING:
    from flwr.app import ArrayRecord
    from flwr.serverapp.strategy import Strategy

    from .checkpoint import Account
    from .hooks import RoundFacts
    from .model import Loaded
    from .prompts import Example

PACKAGES = ("torch", "transformers", "peft", "flwr", "flwr-datasets", "datasets", "numpy")


def run(directory: JobDirectory) -> dict[str, Any]:
    """Do the job in `directory` and answer its result."""
    job = Job.parse(directory.read_job())
    method = METHODS[job.recipe.method.name]
    (directory.path / "adapter").mkdir(exist_ok=True)
    result = _train(directory, job, method) if method.trains else _name(directory, job, method)
    return result.model_dump(mode="json")


def _name(directory: JobDirectory, job: Job, method: Method) -> Result:
    """A method that trains nothing hands on the name of its predictor."""
    directory.progress("start", of=0, unit="round", clients=0, per_round=0, parameters=0)
    method_file = directory.path / "adapter" / "method.json"
    method_file.write_text(json.dumps({"predictor": method.predictor}) + "\n", encoding="utf-8")
    return Result(
        method=method.key,
        predictor=method.predictor,
        rounds=0,
        clients=0,
        clients_per_round=0,
        trained_parameters=0,
        total_parameters=0,
        traffic=Traffic(bytes_down=0, bytes_up=0, budget_mib=job.recipe.budget.megabytes),
        seconds=0.0,
        peak_memory_bytes=peak_memory(),
        final_loss=None,
        examples=0,
        tokens=0,
        device="none",
        dtype="none",
        quantization="none",
        threads=job.threads,
        environment=environment(),
        files=digests(directory),
    )


def _train(directory: JobDirectory, job: Job, method: Method) -> Result:
    """Train an adapter over the simulated federation."""
    import torch

    from . import hub, partition
    from .checkpoint import Account, Checkpoint
    from .client import Holdings, client_app
    from .hooks import Hooked, report_round
    from .model import adapter_parameters, add_adapter, export, load_base, read_adapter
    from .prompts import encode
    from .records import from_record, to_record
    from .simulation.grid import InlineGrid

    started = time.perf_counter()
    recipe, domain = job.recipe, DOMAINS[job.recipe.domain]
    torch.set_num_threads(job.threads)

    # 1. Who holds what.
    cohort = recipe.cohort
    table = hub.load_table(job.dataset, columns=("instruction", "input", "output"))
    shares = partition.split(table, cohort.clients, recipe.data, domain.label)

    # 2. The base model and a fresh adapter.
    loaded = load_base(job.base, recipe.base.quantization, recipe.base.dtype)
    total = sum(parameter.numel() for parameter in loaded.model.parameters())
    model = add_adapter(loaded, recipe.lora, recipe.seed, recipe.base.gradient_checkpointing)
    trained = sum(p.numel() for p in adapter_parameters(model).values())

    # 3. What a client does with a message.
    mapping = domain.mapping if recipe.data.input == "keep" else domain.original_mapping

    @cache
    def examples(client: int) -> Sequence[Example]:
        return encode(
            shares[client],
            mapping,
            loaded.tokenizer,
            recipe.train.sequence_length,
            recipe.data.train_eos,
        )

    term = method.penalty(recipe.method.parameters) if method.penalty else None
    clients = client_app(
        Holdings(
            model=model,
            pad=loaded.tokenizer.pad_token_id,
            examples=examples,
            train=recipe.train,
            steps=cohort.steps,
            seed=recipe.seed,
            penalty=term,
        )
    )

    # 4. The strategy, from the last checkpoint if there is one.
    assert method.strategy is not None
    inner, account = method.strategy(recipe.method.parameters, cohort), Account()
    checkpoint = Checkpoint(directory, job_digest(job))
    arrays = checkpoint.load(inner, account) or read_adapter(model)
    _announce(directory, job, cohort, loaded, trained, account)

    def after_round(server_round: int, aggregate: ArrayRecord, facts: RoundFacts) -> None:
        checkpoint.save(aggregate, inner, account)
        report_round(directory, recipe.train, account, facts)

    strategy = Hooked(
        inner, recipe.train, recipe.seed, recipe.budget.megabytes, account, after_round
    )

    # 5. The rounds.
    remaining = recipe.train.rounds - account.round
    if remaining:
        members = cohort.members or tuple(range(cohort.clients))
        grid = InlineGrid(clients, members, cohort.clients)
        final = serve(strategy, to_record(arrays), remaining, grid)
        arrays = from_record(final)

    # 6. The adapter, and what it took.
    export(model, arrays, job.base, directory.path / "adapter")
    return Result(
        method=method.key,
        predictor=method.predictor,
        rounds=account.round,
        clients=cohort.clients,
        clients_per_round=cohort.per_round,
        trained_parameters=trained,
        total_parameters=total,
        traffic=Traffic(
            bytes_down=account.bytes_down,
            bytes_up=account.bytes_up,
            budget_mib=recipe.budget.megabytes,
        ),
        seconds=time.perf_counter() - started,
        peak_memory_bytes=peak_memory(),
        final_loss=account.loss,
        examples=account.examples,
        tokens=account.tokens,
        device=loaded.device,
        dtype=loaded.dtype,
        quantization=loaded.quantization,
        threads=job.threads,
        notes=loaded.notes,
        partition_sizes=tuple(len(share) for share in shares),
        environment=environment(),
        files=digests(directory),
    )


def serve(strategy: Strategy, arrays: ArrayRecord, rounds: int, grid: Any) -> ArrayRecord:
    """Run the strategy as a Flower `ServerApp` over a grid and answer the final arrays."""
    from flwr.app import ConfigRecord, Context, RecordDict
    from flwr.serverapp import ServerApp

    from .simulation.compat import SERVER_NODE_ID

    app = ServerApp()
    final: list[ArrayRecord] = []

    @app.main()
    def main(grid: Any, context: Context) -> None:
        result = strategy.start(
            grid=grid, initial_arrays=arrays, num_rounds=rounds, train_config=ConfigRecord()
        )
        final.append(result.arrays)

    app(grid, Context(1, SERVER_NODE_ID, {}, RecordDict(), {}))
    return final[0]


def _announce(
    directory: JobDirectory,
    job: Job,
    cohort: Cohort,
    loaded: Loaded,
    trained: int,
    account: Account,
) -> None:
    for note in loaded.notes:
        directory.progress("note", message=note)
        print(note, flush=True)
    directory.progress(
        "start",
        of=job.recipe.train.rounds,
        unit="round",
        clients=cohort.clients,
        per_round=cohort.per_round,
        parameters=trained,
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


def digests(directory: JobDirectory) -> dict[str, str]:
    """sha256 of each file of the adapter."""
    folder = directory.path / "adapter"
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def peak_memory() -> int:
    """The most memory this process held, in bytes: the GPU's if one was used, else resident."""
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def environment() -> dict[str, str]:
    """Versions that can change a result."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": processor(),
        **versions,
    }


def processor() -> str:
    """The processor's name, as Linux gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()
