"""What came of a partition: sizes, labels and lengths per client, as `partition.json` has them.

partition.json
    kind, clients, seed, parameters, label (what a label is, in words), sizes [rows per client],
    labels [names, the commonest first, "other" last], counts [[rows of each label] per client],
    lengths {unit, edges, counts [[rows per bin] per client]}; bin i is edges[i] <= length <
    edges[i + 1], and the last one may be wider than the others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..domains import Domain, Row
from ..program import write_atomically
from ..recipe import Data
from .kinds import LABEL, OTHER, commonest, texts

if TYPE_CHECKING:
    from datasets import Dataset

Json = dict[str, Any]
Integers = NDArray[np.int64]

FILE = "partition.json"
MOST_BINS = 12
USUAL = 0.99
"""Share of the rows that the bins of equal width hold; the longest rows are one bin."""


def write_description(folder: Path, shares: Sequence[Dataset], domain: Domain, data: Data) -> None:
    """Leave `partition.json` in a folder, whole or not at all."""
    said = json.dumps(describe(shares, domain, data), ensure_ascii=False)
    write_atomically(folder / FILE, said + "\n")


def describe(shares: Sequence[Dataset], domain: Domain, data: Data) -> Json:
    """The content of `partition.json` for what `split` answered."""
    rows = [row for share in shares for row in texts(share, (*domain.columns, LABEL))]
    sizes = [len(share) for share in shares]
    client = np.repeat(np.arange(len(shares)), sizes)
    return {
        "kind": data.partition,
        "clients": len(shares),
        "seed": data.partition_seed,
        "parameters": _parameters(domain, data),
        "label": domain.label_words,
        "sizes": sizes,
        **_label_counts(client, _labels(rows, domain)),
        "lengths": {"unit": "words", **_histogram(client, _words(rows, domain, data))},
    }


def _label_counts(client: Integers, label: Sequence[str]) -> Json:
    rows = Counter(label)
    names = sorted(rows, key=lambda name: (name == OTHER, -rows[name], name))
    number = {name: position for position, name in enumerate(names)}
    kind = np.array([number[name] for name in label])
    return {"labels": names, "counts": _per_client(client, kind, len(names))}


def _histogram(client: Integers, length: Integers) -> Json:
    edges = bin_edges(length)
    bin_of = np.searchsorted(edges, length, side="right") - 1
    return {"edges": edges, "counts": _per_client(client, bin_of, len(edges) - 1)}


def _per_client(client: Integers, kind: Integers, kinds: int) -> list[list[int]]:
    """Rows of each kind per client, [clients, kinds]; no client is without rows."""
    clients = int(client[-1]) + 1
    counted = np.bincount(client * kinds + kind, minlength=clients * kinds)
    table: list[list[int]] = counted.reshape(clients, kinds).tolist()
    return table


def bin_edges(lengths: Integers) -> list[int]:
    """Edges of at most `MOST_BINS` bins, multiples of 1, 2 or 5 times a power of ten.

    Equal widths up to the length that 99 % of the rows do not pass, then one bin up to the longest.

    >>> bin_edges(np.array([3] * 99 + [14, 51]))
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 52]
    """
    usual = int(np.quantile(lengths, USUAL, method="higher"))
    width = next(w for w in _round_numbers() if w * (MOST_BINS - 1) > usual)
    edges = list(range(0, (usual // width + 2) * width, width))
    longest = int(lengths.max())
    return edges if longest < edges[-1] else [*edges, (longest // width + 1) * width]


def _round_numbers() -> Iterator[int]:
    return (digit * 10**zeros for zeros in count() for digit in (1, 2, 5))


def _labels(rows: Sequence[Row], domain: Domain) -> list[str]:
    """Each row's label; the very one that a Dirichlet partition went by."""
    if LABEL in rows[0]:
        return [row[LABEL] for row in rows]
    return commonest([domain.label(row) for row in rows])


def _words(rows: Sequence[Row], domain: Domain, data: Data) -> Integers:
    """Words of each whole example: what the prompt shows of the row, and the answer."""
    shown = domain.mapping if data.input == "keep" else domain.original_mapping
    return np.array([len(shown(row).split()) + len(row["output"].split()) for row in rows])


def _parameters(domain: Domain, data: Data) -> Json:
    match data.partition:
        case "iid":
            return {}
        case "natural":
            return {"by": data.partition_by or domain.label_words}
        case _:
            return {"concentration": data.concentration}
