"""Rank intervals of boards of several sizes, on as many questions as the largest domain asks.

Prints seconds for each size, how many pairs were separated and, last, one JSON line. The wanted
limit is 30 s for 500 entries on two cores.
"""

from __future__ import annotations

import json
import time

import numpy as np

from leaderboard.statistics import Entrant, Stratum, rank_intervals

SIZES = (50, 200, 500)
QUESTIONS = {"pubmedqa": 500, "medmcqa": 4183, "medqa": 1273, "careqa": 5621}
ITEMS = {task: tuple(f"{task}-{n}" for n in range(count)) for task, count in QUESTIONS.items()}


def board(entries: int) -> list[Entrant]:
    """Entries from 35 to 75 % that find the same questions hard, best first."""
    draw = np.random.default_rng(entries)
    hard = {task: draw.normal(size=count) for task, count in QUESTIONS.items()}
    found = [_entrant(skill, hard, draw) for skill in np.linspace(1.0, -0.6, entries)]
    return sorted(found, key=lambda entry: -entry.average)


def _entrant(skill: float, hard: dict[str, np.ndarray], draw: np.random.Generator) -> Entrant:
    strata = tuple(
        Stratum(
            ITEMS[task],
            (skill + draw.normal(size=len(found)) > found).astype(np.float32),
            1 / len(hard),
        )
        for task, found in hard.items()
    )
    average = float(np.mean([stratum.scores.mean() for stratum in strata]))
    return Entrant(average, None, strata)


def main() -> None:
    """Print a line a size."""
    seconds = {}
    for entries in SIZES:
        made = board(entries)
        started = time.perf_counter()
        found = rank_intervals(made)
        seconds[entries] = time.perf_counter() - started
        width = np.mean([place.rank_high - place.rank_low + 1 for place in found.places])
        print(
            f"{entries:4} entries  {found.pairs:7,} pairs  {seconds[entries]:6.2f} s  "
            f"{found.places[-1].tier:3} groups  an entry has {width:.1f} ranks on average"
        )
    print(json.dumps({str(entries): round(taken, 3) for entries, taken in seconds.items()}))


if __name__ == "__main__":
    main()
