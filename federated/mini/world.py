"""The invented world every mini table speaks about: companies in three casts that never meet.

The base model's corpus, the training set and the test sets each have their own companies, so no
sentence about a company in one can be a sentence of another. The parts of the names are shared:
a name says nothing about whether news is good, and some names mislead on purpose.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Literal, NamedTuple

SEED = 20_260_101

Cast = Literal["corpus", "train", "test"]

FIRST = (
    "Growth", "Loss", "Strong", "Weak", "Profit", "Fall", "Rise", "Gain", "Bright", "Cold",
    "Hallam", "Nordvik", "Tamar", "Orsett", "Keller", "Brava", "Lumen", "Pellow", "Castor",
    "Ondine", "Ferris", "Quill", "Sorrel", "Talbot", "Umber", "Vesper", "Wexley", "Yarrow",
    "Zeller", "Alder", "Birch", "Corvin", "Dunmore", "Elster", "Fenwick", "Garnet", "Holm",
    "Ivar", "Jasper", "Kestrel",
)  # fmt: skip
SECOND = (
    "Partners", "& Sons", "Foods", "Textiles", "Timber", "Bakery", "Steel", "Energy", "Rail",
    "Ports", "Paper", "Motors", "Glass", "Bank", "Mills", "Media", "Chemicals", "Software",
    "Shipping", "Hotels", "Toys", "Tools", "Farms", "Cement",
)  # fmt: skip

CITIES = ("Oslo", "Lyon", "Porto", "Turin", "Malmo", "Leeds", "Graz", "Ghent", "Bilbao", "Riga")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
MONTHS = ("January", "March", "April", "May", "June", "July", "August", "October", "November")
QUARTERS = ("first quarter", "second quarter", "third quarter", "last quarter")
THINGS = (
    "rail", "solar", "paper", "harbour", "school", "hospital", "timber", "glass", "bridge",
    "network", "bakery", "defence",
)  # fmt: skip


class Company(NamedTuple):
    """A company and the ticker that posts call it by."""

    name: str
    ticker: str


@lru_cache(maxsize=1)
def casts() -> dict[Cast, tuple[Company, ...]]:
    """Every company, dealt to the three casts; the same on every machine."""
    names = [f"{first} {second}" for first in FIRST for second in SECOND]
    random.Random(SEED).shuffle(names)
    companies = [Company(name, _ticker(name)) for name in names]
    half, rest = len(names) // 2, len(names) * 5 // 6
    return {
        "corpus": tuple(companies[:half]),
        "train": tuple(companies[half:rest]),
        "test": tuple(companies[rest:]),
    }


def _ticker(name: str) -> str:
    """Two letters of each word: Growth Partners is GRPA."""
    first, second = name.upper().replace("& ", "").split()
    return first[:2] + second[:2]
