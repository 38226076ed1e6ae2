"""What a profile adds up to: figures of a round, of all rounds, of one client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from statistics import median
from typing import NamedTuple, TypeVar

from . import profiles
from .profiles import Profile, Round, Turn

Number = TypeVar("Number", int, float)

SHORTEST = 1e-6
"""Seconds; what took less is not compared with what was predicted."""


class Figures(NamedTuple):
    """One round, or several together. Shares from 0 to 1."""

    rounds: int
    turns: int
    """Clients that ran, counted once a round and attempt."""
    failed: int
    stolen: int
    workers: int
    """The most at once."""
    makespan: float
    """Seconds until the last client of a round was done, added up."""
    over_bound: float | None
    """How many times as long as the lower bound that was."""
    over_predicted: float | None
    """How many times as long as predicted that was."""
    idle: float | None
    """Share of the workers' time without a client."""
    miss: float | None
    """Half of the predictions of single clients were nearer than this share of the real time."""
    peak_memory: int | None
    """Bytes, of the client that took the most."""
    utilisation: tuple[float, ...]
    """By worker."""


class Total(NamedTuple):
    """One client over all rounds. Times in seconds, sizes in bytes."""

    client: int
    turns: int
    failed: int
    seconds: float
    cpu_seconds: float | None
    peak_memory: int | None
    gpu_memory: int | None
    examples: int | None
    tokens: int | None
    bytes: int | None


class Summary(NamedTuple):
    """A profile with what it adds up to."""

    profile: Profile
    figures: Figures
    by_round: tuple[Figures, ...]
    totals: tuple[Total, ...]


@lru_cache(maxsize=profiles.KEPT_PROFILES)
def summary(digest: str) -> Summary:
    """Of a stored file; `StorageError` where it is missing or changed."""
    return summarise(profiles.profile(digest))


def summarise(found: Profile) -> Summary:
    """Everything that is the same for each reader."""
    by_round = tuple(figures([one]) for one in found.rounds)
    return Summary(found, figures(found.rounds), by_round, tuple(totals(found.rounds)))


def figures(rounds: Sequence[Round]) -> Figures:
    """Of all rounds given; longer rounds weigh more in every share."""
    turns = [turn for one in rounds for turn in one.turns]
    return Figures(
        rounds=len(rounds),
        turns=len(turns),
        failed=sum(turn.failed for turn in turns),
        stolen=sum(turn.stolen for turn in turns),
        workers=max((one.workers for one in rounds), default=0),
        makespan=sum(one.makespan for one in rounds),
        over_bound=_ratio(rounds, lambda one: one.bound),
        over_predicted=_ratio(rounds, lambda one: one.predicted),
        idle=_idle(rounds),
        miss=_miss(turns),
        peak_memory=_largest(turn.peak_memory for turn in turns),
        utilisation=_utilisation(rounds),
    )


def _ratio(rounds: Iterable[Round], of: Callable[[Round], float | None]) -> float | None:
    """Makespan over something else, of the rounds that have it."""
    known = [(one.makespan, base) for one in rounds if (base := of(one))]
    return sum(real for real, _ in known) / sum(base for _, base in known) if known else None


def _idle(rounds: Iterable[Round]) -> float | None:
    known = [(one.idle, one.makespan * one.workers) for one in rounds if one.idle is not None]
    whole = sum(time for _, time in known)
    return sum(idle * time for idle, time in known) / whole if whole else None


def _miss(turns: Iterable[Turn]) -> float | None:
    known = [turn for turn in turns if comparable(turn)]
    misses = [abs((turn.predicted or 0) - turn.seconds) / turn.seconds for turn in known]
    return median(misses) if misses else None


def comparable(turn: Turn) -> bool:
    """Whether its predicted and real time can stand on logarithmic axes."""
    return not turn.failed and min(turn.predicted or 0, turn.seconds) >= SHORTEST


def _utilisation(rounds: Sequence[Round]) -> tuple[float, ...]:
    """By worker, over the rounds in which there was one."""
    busy: list[float] = []
    whole: list[float] = []
    for one in rounds:
        missing = len(one.utilisation) - len(busy)
        busy += [0.0] * missing
        whole += [0.0] * missing
        for worker, share in enumerate(one.utilisation):
            busy[worker] += share * one.makespan
            whole[worker] += one.makespan
    return tuple(b / w if w else 0.0 for b, w in zip(busy, whole, strict=True))


def totals(rounds: Iterable[Round]) -> list[Total]:
    """Every client that ran, by its number."""
    by_client: dict[int, list[Turn]] = {}
    for one in rounds:
        for turn in one.turns:
            by_client.setdefault(turn.client, []).append(turn)
    return [_total(client, by_client[client]) for client in sorted(by_client)]


def _total(client: int, turns: Sequence[Turn]) -> Total:
    return Total(
        client=client,
        turns=len(turns),
        failed=sum(turn.failed for turn in turns),
        seconds=sum(turn.seconds for turn in turns),
        cpu_seconds=_sum(turn.cpu_seconds for turn in turns),
        peak_memory=_largest(turn.peak_memory for turn in turns),
        gpu_memory=_largest(turn.gpu_memory for turn in turns),
        examples=_sum(turn.examples for turn in turns),
        tokens=_sum(turn.tokens for turn in turns),
        bytes=_sum(turn.bytes for turn in turns),
    )


def _sum(values: Iterable[Number | None]) -> Number | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _largest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)
