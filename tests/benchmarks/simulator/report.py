"""What was measured, as a page for people."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from .figures import (
    PAIRS,
    SPANS,
    WARM_UP,
    client_ms,
    line,
    placed,
    ratio,
    spent,
    sweep_targets,
    task_targets,
)  # fmt: skip
from .measure import Entrant
from .protocol import BARE, FOLD, FORM, KEEP, MOVED, PLACEMENT, REBUILT, Race, entrants
from .sweep import COHORT, NUMBERS, Sweep
from .tasks import QUICK, WORKERS

INTRODUCTION = """# Benchmarks of the simulator

Written by `make bench-simulator`. The same federated learning, run by our engine, by stock Flower
with Ray, by pfl-research, and by a bare loop that does nothing but learn and sum. All start from
the same weights, draw the same cohorts and take the same batches; a system whose steps or final
weights (1e-5 relative, 1e-6 absolute) are not the bare loop's is shown as such, without times.
Every system has {workers} processes of one thread and runs in a process of its own, so imports and
start-up count. Repetitions run all systems in random order between two runs of the bare loop; where
these two differ by more than {moved:.0%}, the repetition is run again, within bounds. Our engine
with a part left out runs once.

**Efficiency** is the bare loop's steady round over the system's, median over repetitions: 1 is the
floor. *Steady* leaves out the first round. CPU seconds and peak memory (PSS) are those of the whole
process tree. *Model per message*: the client app builds its model, and the LoRA task's app loads
its base model from disk, for every message, as Flower's templates do; in all other rows a process
keeps its model. pfl-research and the bare loop do not run Flower apps: tasks were written again for
them. pfl's evaluation of every client in the first round is off. Our engine is told each client's
number of batches, as pfl-research is told its size; stock Flower has no use for it.
"""
HEAD = (
    "System", "Start-up s", "First round s", "Steady round s", "Range", "Whole run s",
    "CPU s", "Memory MiB", "Clients/s", "Efficiency",
)  # fmt: skip
NOISY = (
    "**The machine was too noisy for the protocol: read this with care.** Beside other work Linux "
    "shares cores between sessions, and only torchrun gives each of its processes one of its own: "
    "pfl-research then gets up to twice the share of the others."
)
TIE = 0.03


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    marks = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, marks, *rows))


def row(race: Race, entrant: Entrant) -> list[str]:
    found = line(race, entrant)
    if found is None:
        crash = race.crash(entrant)
        why = "results differ" if crash and crash.differs else "crashed"
        return [entrant.name, why, *["–"] * 8]
    speed = race.task.cohort_size / found.steady
    efficiency = "1" if entrant == BARE else f"{found.efficiency:.2f}"
    return [
        entrant.name, f"{found.start_up:.1f}", f"{found.first:.2f}", f"{found.steady:.3f}",
        f"{found.low:.3f}–{found.high:.3f}", f"{found.whole:.1f}", f"{found.cpu:.1f}",
        f"{found.memory / 2**20:,.0f}", f"{speed:,.0f}", efficiency,
    ]  # fmt: skip


def section(race: Race) -> str:
    """All about one task."""
    task = race.task
    told = (
        f"{task.title}. {task.cohort_size} of {task.clients:,} clients a round, {task.rounds} "
        f"rounds, batches of {task.batch}; a client takes about {client_ms(race):.1f} ms of a core."
    )
    rows = [row(race, entrant) for entrant in (BARE, *entrants(task.name))]
    parts = [f"## {task.name}", told, table(HEAD, rows), verdict(race), goes(race), quiet(race)]
    return "\n\n".join(parts)


def quiet(race: Race) -> str:
    """How quiet the machine was."""
    moves = ", ".join(f"{each.moved:.0%}" for each in race.kept)
    told = f"Repetitions: {len(race.kept)}, dropped: {race.dropped}. The bare loop moved by {moves}"
    if race.noisy:
        return f"{told}. {NOISY}"
    return f"{told}."


def verdict(race: Race) -> str:
    """Wins and losses in words."""
    told = []
    for other, ours in PAIRS.values():
        steady, whole, cpu = (ratio(race, other, ours, read) for read in SPANS.values())
        if steady and whole and cpu:
            parts = (("a steady round", steady), ("the whole run", whole), ("CPU seconds", cpu))
            words = "; ".join(f"{compared(times)} in {what}" for what, times in parts)
            told.append(f"- {ours.name}, against {other.name}: {words}.")
    return "\n".join(told)


def compared(times: float) -> str:
    if abs(times - 1) <= TIE:
        return "a tie"
    return f"{times:.2f} times better" if times > 1 else f"**a loss**, {1 / times:.2f} times worse"


def goes(race: Race) -> str:
    """Where a steady round of ours goes, by its profile."""
    rows = []
    for entrant in (FOLD, KEEP, REBUILT[0]):
        if found := spent(race, entrant):
            rows.append([entrant.name, *(f"{1000 * seconds:.1f}" for seconds in found)])
    if not rows:
        return "No profile was written."
    head = ("ms of a steady round", "Clients", "Between clients, waiting", "Before and after")
    floor = client_ms(race) * race.task.cohort_size / WORKERS
    return f"The bare loop's round takes {floor:.1f} ms; ours goes to:\n\n{table(head, rows)}"


def placement(race: Race) -> str:
    rows = []
    for entrant in (FOLD, *PLACEMENT, FORM):
        found, measured = placed(race, entrant), line(race, entrant)
        if found and measured:
            name = "ours, learned" if entrant == FOLD else entrant.name
            numbers = (found.over, found.worst, found.idle, measured.steady)
            rows.append([name, *(f"{number:.3f}" for number in numbers)])
    head = ("Placement", "Makespan / bound", "Worst", "Idle share", "Steady round s")
    told = (
        "The bound is the larger of the longest client and the mean work of a worker, both as "
        f"measured in that round; medians over the rounds after the first {WARM_UP}."
    )
    return f"## Placement with log-normal sizes\n\n{told}\n\n{table(head, rows)}"


def growth(sweep: Sweep) -> str:
    """The sweep over the number of clients."""
    rows = []
    for clients in NUMBERS:
        each = sweep.at(clients)
        numbers = (f"{1000 * each.round:.1f}", f"{each.set_up:.3f}", f"{each.memory / 2**20:.0f}")
        rows.append([f"{clients:,}", *numbers])
    head = ("Simulated clients", "Steady round ms", "Set-up s", "Memory MiB")
    slope, low, high = (1e9 * number for number in (sweep.slope, sweep.low, sweep.high))
    told = (
        f"A cohort of {COHORT} clients that learn nothing; medians of "
        f"{len(sweep.points) // len(NUMBERS)} runs each, set-up and memory (at most, of the main "
        f"process) after a small run that imports what is needed. Slope: {slope:.2f} ms a "
        f"round for a million clients more, 95 % interval {low:.2f} to {high:.2f}: "
        f"{'statistically zero' if sweep.flat else '**not zero**'}. With Flower's own sampling, "
        f"which lists all node ids twice a round, a round takes {1000 * sweep.listing.round:.1f} "
        f"ms at {sweep.listing.clients:,}."
    )
    return f"## Growth with the number of clients\n\n{told}\n\n{table(head, rows)}"


def targets(races: Sequence[Race], sweep: Sweep | None) -> str:
    found = [each for race in races for each in task_targets(race)]
    found += sweep_targets(sweep) if sweep else []
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [(each.what, each.wanted, each.measured, words[each.reached]) for each in found]
    return f"## Targets\n\n{table(('Target', 'Wanted', 'Measured', 'Reached'), rows)}"


def machine() -> str:
    """Processor, cores, memory, versions and date."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((x.split(":")[1].strip() for x in info if x.startswith("model name")), "unknown")
    memory = psutil.virtual_memory().total / 2**30
    packages = ("torch", "flwr", "ray", "numpy", "transformers", "peft")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    kind = "**QUICK=1: small sizes, too few repetitions to report.** " if QUICK else ""
    return (
        f"{kind}{datetime.now(UTC):%Y-%m-%d}, {model}, {psutil.cpu_count()} cores, {memory:.0f} "
        f"GiB, {platform.system()} {platform.release()}. Python {platform.python_version()}, "
        f"{versions}, pfl 0.6.0."
    )


def page(races: Sequence[Race], sweep: Sweep | None) -> str:
    parts = [INTRODUCTION.format(workers=WORKERS, moved=MOVED), machine(), targets(races, sweep)]
    parts += [section(race) for race in races]
    parts += [placement(race) for race in races if race.task.spread]
    parts += [growth(sweep)] if sweep else []
    return "\n\n".join(part.strip() for part in parts) + "\n"
