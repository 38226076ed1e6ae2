"""Who holds what: a training set cut into clients, through flwr-datasets' partitioners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .domains import Domain
from .errors import BadData
from .recipe import Data

if TYPE_CHECKING:
    from datasets import Dataset
    from flwr_datasets.partitioner import Partitioner

SHUFFLE_SEED = 42
"""FlowerTune shuffles every training set with this seed before it is cut."""

LABEL, OTHER = "partition_label", "other"
MOST_LABELS = 20
"""Kinds of rows that a Dirichlet partition tells apart; the rarer ones are one kind."""


def split(table: Dataset, domain: Domain, clients: int, data: Data) -> list[Dataset]:
    """One dataset a client, in client order.

    `iid` is FlowerTune's: shuffle with seed 42, then `clients` contiguous equal shares.
    `dirichlet` draws each client's shares of the domain's labels (Hsu et al., arXiv:1909.06335).
    """
    if len(table) < clients:
        raise BadData(f"{len(table)} rows cannot be shared by {clients} clients.")
    if data.partition == "dirichlet":
        table = table.add_column(LABEL, labels(table, domain))
    partitioner = _partitioner(clients, data)
    partitioner.dataset = table.shuffle(seed=SHUFFLE_SEED)
    return [partitioner.load_partition(client) for client in range(clients)]


def labels(table: Dataset, domain: Domain) -> list[str]:
    """Each row's kind; all but the commonest are "other"."""
    found: Sequence[str] = [domain.label(row) for row in table]
    common = {label for label, _ in Counter(found).most_common(MOST_LABELS)}
    return [label if label in common else OTHER for label in found]


def _partitioner(clients: int, data: Data) -> Partitioner:
    from flwr_datasets.partitioner import DirichletPartitioner, IidPartitioner

    if data.partition == "iid":
        return IidPartitioner(num_partitions=clients)
    return DirichletPartitioner(
        num_partitions=clients,
        partition_by=LABEL,
        alpha=data.concentration,
        min_partition_size=1,
        self_balancing=False,
        seed=data.partition_seed,
    )
