"""What the base model reads before anyone tunes it: text of the mini world, no task's answers.

One file a domain. Primers, the shortest documents, come first; then all kinds mixed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

from ..world import SEED
from . import functions, letters, news, notes
from .frames import Document

ROOMS = (news, letters, notes, functions)
PRIMED, MIXED = (14, 4, 2, 3), (4, 3, 2, 3)
"""How often each room is drawn, first and then."""


def documents(seed: int = SEED + 100) -> Iterator[Document]:
    """Documents without end, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield rng.choices(ROOMS, MIXED)[0].document(rng)


def primers(seed: int = SEED + 200) -> Iterator[Document]:
    """The shortest documents, read first; the hard ones among them come slowly."""
    rng = random.Random(seed)
    for number in count():
        yield rng.choices(ROOMS, PRIMED)[0].primer(rng, min(1.0, 0.1 + number / 20_000))


def vocabulary() -> Iterator[str]:
    """Every word of the grammars by itself."""
    for room in ROOMS:
        yield from room.words()
