"""The stored `profiles.jsonl` as pages read it: how each client of each round ran.

What an engine wrote is not trusted: a line that cannot be read is left out and said to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .. import storage
from .loose import Json, checked, number, whole, word

TRAIN = "train"
NAMED_KINDS = {TRAIN: "", "evaluate": ", evaluation"}
KIND = re.compile(r"[a-z][a-z0-9_.-]{0,19}")
KEPT_PROFILES = 4
MOST_SHOWN = 16 * 1024**2
"""Bytes of a file that a page reads, from its end: about 40,000 turns."""
MOST_WORKERS = 4096
CLOCKS_DIFFER = 1.0
"""Seconds."""


class Turn(NamedTuple):
    """One client's turn on a worker. Times in seconds, sizes in bytes."""

    client: int
    worker: int
    device: str
    start: float
    """Since its round began."""
    seconds: float
    cpu_seconds: float | None
    predicted: float | None
    size: float | None
    examples: int | None
    tokens: int | None
    bytes_down: int | None
    bytes_up: int | None
    peak_memory: int | None
    gpu_memory: int | None
    outcome: str
    stolen: bool
    """Taken by a worker that had nothing left from another's list."""
    attempt: int

    @property
    def failed(self) -> bool:
        return self.outcome != "done"

    @property
    def bytes(self) -> int | None:
        """Both ways; None where neither is known."""
        known = [size for size in (self.bytes_down, self.bytes_up) if size is not None]
        return sum(known) if known else None


class Round(NamedTuple):
    """One round of one kind, with its turns in the order of the file."""

    number: int
    kind: str
    policy: str
    workers: int
    clients: int
    started: float | None
    seconds: float
    makespan: float
    bound: float | None
    predicted: float | None
    idle: float | None
    """0 to 1."""
    utilisation: tuple[float, ...]
    """0 to 1, by worker."""
    turns: tuple[Turn, ...]

    @property
    def key(self) -> str:
        """As addresses name it: "3", or "3-evaluate"."""
        return f"{self.number}" if self.kind == TRAIN else f"{self.number}-{self.kind}"

    @property
    def title(self) -> str:
        return f"Round {self.number}{self.aside}"

    @property
    def aside(self) -> str:
        """What it was for, when not for training: ", evaluation"."""
        return NAMED_KINDS.get(self.kind, f", {self.kind}")


class Profile(NamedTuple):
    """A whole file, rounds in order."""

    rounds: tuple[Round, ...]
    problems: tuple[str, ...]
    """What could not be read, in sentences."""


def profile(digest: str) -> Profile:
    """A stored file for a page; `StorageError` where it is missing or changed."""
    return shown(storage.read(digest))


def shown(content: bytes) -> Profile:
    """The rounds at the end, where the file is too long for a page."""
    if len(content) <= MOST_SHOWN:
        return parse(content)
    found = parse(content[content.index(b"\n", len(content) - MOST_SHOWN) :])
    # The first of them may have lost its first turns.
    rounds = found.rounds[1:]
    said = f"The file is long: only its last {len(rounds):,} rounds are shown here."
    return Profile(rounds, (said, *found.problems))


def parse(content: bytes) -> Profile:
    """Every round that came to its end; of a round seen twice the later lines count."""
    open_turns: dict[tuple[int, str], dict[tuple[int, int], Turn]] = {}
    rounds: dict[tuple[int, str], Round] = {}
    unread = 0
    for text in filter(None, content.decode("utf-8", errors="replace").split("\n")):
        line = _object(text)
        place = _place(line)
        event = line.get("event") if line else None
        if event == "client" and place and (turn := _turn(line)):
            open_turns.setdefault(place, {})[turn.client, turn.attempt] = turn
        elif event == "round" and place and (found := _round(line, place)):
            turns = open_turns.pop(place, {}).values()
            rounds[place] = found._replace(turns=tuple(turns))
        elif event in ("client", "round") or not isinstance(event, str):
            unread += 1
    ordered = sorted(rounds.values(), key=lambda one: (one.number, one.kind != TRAIN, one.kind))
    return Profile(tuple(ordered), tuple(_problems(unread, open_turns)))


def _problems(unread: int, open_turns: Mapping[tuple[int, str], Any]) -> Iterator[str]:
    if unread:
        lines, are = ("line", "is") if unread == 1 else ("lines", "are")
        yield f"{unread:,} {lines} of the file could not be read and {are} left out."
    if open_turns:
        named = ", ".join(str(number) for number, _ in sorted(open_turns)[:5])
        more = " and others" if len(open_turns) > 5 else ""
        yield f"Rounds without an end are left out: {named}{more}."


def _object(text: str) -> Json:
    """The line's object, or an empty one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _place(line: Json) -> tuple[int, str] | None:
    """(round, kind) of a line."""
    number, kind = whole(line, "round"), line.get("kind", TRAIN)
    known = isinstance(kind, str) and KIND.fullmatch(kind)
    return (number, kind) if number is not None and known else None


def _turn(line: Json) -> Turn | None:
    client, worker = whole(line, "client"), whole(line, "worker")
    start, seconds = _start(line), number(line, "seconds")
    if client is None or worker is None or start is None or seconds is None:
        return None
    if worker >= MOST_WORKERS:
        return None
    counts = ("examples", "tokens", "bytes_down", "bytes_up", "peak_memory", "gpu_memory")
    return Turn(
        client=client,
        worker=worker,
        device=word(line, "device"),
        start=start,
        seconds=seconds,
        cpu_seconds=number(line, "cpu_seconds"),
        predicted=number(line, "predicted"),
        size=number(line, "size"),
        outcome=word(line, "outcome") or "done",
        stolen=line.get("stolen") is True,
        attempt=whole(line, "attempt") or 1,
        **{name: whole(line, name) for name in counts},
    )


def _start(line: Json) -> float | None:
    """Clocks of two machines differ a little: just before the round began is when it began."""
    found = line.get("start")
    early = type(found) in (int, float) and -CLOCKS_DIFFER <= found < 0
    return 0.0 if early else number(line, "start")


def _round(line: Json, place: tuple[int, str]) -> Round | None:
    seconds, makespan = number(line, "seconds"), number(line, "makespan")
    if seconds is None and makespan is None:
        return None
    shares = line.get("utilisation")
    shares = shares[:MOST_WORKERS] if isinstance(shares, list) else []
    return Round(
        number=place[0],
        kind=place[1],
        policy=word(line, "policy"),
        workers=min(whole(line, "workers") or 0, MOST_WORKERS),
        clients=whole(line, "clients") or 0,
        started=number(line, "started"),
        seconds=_first(seconds, makespan),
        makespan=_first(makespan, seconds),
        bound=number(line, "bound"),
        predicted=number(line, "predicted"),
        idle=_share(number(line, "idle")),
        utilisation=tuple(_share(checked(share)) or 0.0 for share in shares),
        turns=(),
    )


def _first(*values: float | None) -> float:
    return next((value for value in values if value is not None), 0.0)


def _share(value: float | None) -> float | None:
    return None if value is None else min(value, 1.0)
