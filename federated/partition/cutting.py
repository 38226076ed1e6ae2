"""Cuts a training set into clients, through flwr-datasets' partitioners where one fits."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapreplace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..domains import Domain
from ..errors import BadData
from ..naming import unknown
from ..recipe import Data
from .kinds import LABEL, arrow, every_label, labels

if TYPE_CHECKING:
    from datasets import Dataset
    from flwr_datasets.partitioner import Partitioner

Integers = NDArray[np.int64]

SHUFFLE_SEED = 42
"""FlowerTune shuffles every training set with this seed; `Data.partition_seed` starts there."""


def split(table: Dataset, domain: Domain, clients: int, data: Data) -> list[Dataset]:
    """One dataset a client, in client order; every row has one client, every client a row.

    `iid` is FlowerTune's: shuffle, with seed 42 if not told otherwise, then contiguous equal
    shares. `dirichlet` draws each client's shares of the domain's labels (Hsu et al.,
    arXiv:1909.06335). `natural` keeps the rows of one value of a column together and deals the
    values, see `deal`. `quantity` draws the clients' sizes, see `skewed_sizes`.
    `BadData` when the table cannot be cut so.
    """
    if len(table) < clients:
        raise BadData(f"{len(table)} rows cannot be shared by {clients} clients.")
    return SCHEMES[data.partition](table, domain, clients, data)


def skewed_sizes(rows: int, clients: int, concentration: float, seed: int) -> list[int]:
    """Rows of each client, summing to `rows`: quantity skew (Li et al., arXiv:2102.02079).

    Their q ~ Dirichlet(concentration) over clients. They draw again until everyone has ten rows;
    here everyone gets one row and q shares out the others, so that one draw always does.
    """
    share = np.random.default_rng(seed).dirichlet(np.full(clients, concentration))
    spare = rows - clients
    ends = np.rint(np.cumsum(share) * spare).astype(int)
    ends[-1] = spare
    sizes: list[int] = (1 + np.diff(ends, prepend=0)).tolist()
    return sizes


def deal(rows: Integers, clients: int, seed: int) -> Integers:
    """The client of each value, given each value's rows.

    Values go whole, the largest first, to the client with fewest rows (ours: hubs' natural ids
    are seldom as many as a domain's clients). With as many values as clients or more, everyone
    gets one. The seed orders values of one size and clients of equal load.
    """
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(rows))
    order = order[np.argsort(-rows[order], kind="stable")]
    loads = [(0, rank, client) for rank, client in enumerate(draw.permutation(clients))]
    dealt = np.empty(len(rows), dtype=np.int64)
    for value in order:
        load, rank, dealt[value] = loads[0]
        heapreplace(loads, (load + int(rows[value]), rank, dealt[value]))
    return dealt


def _iid(table: Dataset, domain: Domain, clients: int, data: Data) -> list[Dataset]:
    from flwr_datasets.partitioner import IidPartitioner

    return _load(IidPartitioner(clients), table.shuffle(seed=data.partition_seed), clients)


def _dirichlet(table: Dataset, domain: Domain, clients: int, data: Data) -> list[Dataset]:
    from flwr_datasets.partitioner import DirichletPartitioner

    partitioner = DirichletPartitioner(
        num_partitions=clients,
        partition_by=LABEL,
        alpha=data.concentration,
        min_partition_size=1,
        self_balancing=False,
        seed=data.partition_seed,
    )
    labelled = table.add_column(LABEL, labels(table, domain))
    try:
        return _load(partitioner, labelled.shuffle(seed=SHUFFLE_SEED), clients)
    except ValueError as error:
        raise BadData(
            f"no draw from Dirichlet({data.concentration:g}) over {len(table)} rows gave each of "
            f"{clients} clients a row.",
            "Raise data.concentration, or try another data.partition_seed.",
        ) from error


def _natural(table: Dataset, domain: Domain, clients: int, data: Data) -> list[Dataset]:
    shuffled = table.shuffle(seed=data.partition_seed)
    value = _values(shuffled, domain, data.partition_by)
    rows = np.bincount(value)
    if len(rows) < clients:
        raise BadData(
            f"a partition by {data.partition_by or domain.label_words} finds {len(rows)} values, "
            f"at least one for each of {clients} clients was wanted.",
            _wide_enough(table, clients),
        )
    client_of = deal(rows, clients, data.partition_seed)[value]
    return [shuffled.select(np.flatnonzero(client_of == client)) for client in range(clients)]


def _quantity(table: Dataset, domain: Domain, clients: int, data: Data) -> list[Dataset]:
    from flwr_datasets.partitioner import SizePartitioner

    sizes = skewed_sizes(len(table), clients, data.concentration, data.partition_seed)
    return _load(SizePartitioner(sizes), table.shuffle(seed=data.partition_seed), clients)


SCHEMES: dict[str, Callable[[Dataset, Domain, int, Data], list[Dataset]]] = {
    "iid": _iid,
    "dirichlet": _dirichlet,
    "natural": _natural,
    "quantity": _quantity,
}


def _load(partitioner: Partitioner, table: Dataset, clients: int) -> list[Dataset]:
    partitioner.dataset = table
    return [partitioner.load_partition(client) for client in range(clients)]


def _values(table: Dataset, domain: Domain, column: str) -> Integers:
    """Each row's value as a number from 0 on; rows without one share a number."""
    if column and column not in table.column_names:
        raise BadData(f"data.partition_by: {unknown('column', column, table.column_names)}")
    cells = arrow(table, [column])[column] if column else pa.array(every_label(table, domain))
    try:
        return _codes(cells)
    except pa.ArrowException:
        raise BadData(
            f"data.partition_by: the column {column!r} holds {cells.type}, text, numbers or dates "
            "were wanted."
        ) from None


def _codes(cells: Any) -> Integers:
    whole = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    codes: Integers = pc.dictionary_encode(whole, null_encoding="encode").indices.to_numpy()
    return codes.astype(np.int64)


def _wide_enough(table: Dataset, clients: int) -> str:
    """The hint: which columns have enough values."""
    found = []
    for column in table.column_names:
        try:
            values = int(_codes(arrow(table, [column])[column]).max()) + 1
        except pa.ArrowException:
            continue
        if values >= clients:
            found.append(f"{column} ({values})")
    return f"Columns with enough values for data.partition_by: {', '.join(found) or 'none'}."
