"""Who holds what: a training set cut into clients, through flwr-datasets' partitioners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import BadData
from .recipe import Data

if TYPE_CHECKING:
    from datasets import Dataset
    from flwr_datasets.partitioner import Partitioner

SHUFFLE_SEED = 42
"""FlowerTune shuffles every training set with this seed before it is cut."""


def split(table: Dataset, clients: int, data: Data, label: str) -> list[Dataset]:
    """One dataset a client, in client order.

    `iid` is FlowerTune's: shuffle with seed 42, then `clients` contiguous equal shares.
    `dirichlet` draws each client's label shares (Hsu et al., arXiv:1909.06335).
    """
    if len(table) < clients:
        raise BadData(f"{len(table)} rows cannot be shared by {clients} clients.")
    partitioner = _partitioner(clients, data, label)
    partitioner.dataset = table.shuffle(seed=SHUFFLE_SEED)
    return [partitioner.load_partition(client) for client in range(clients)]


def _partitioner(clients: int, data: Data, label: str) -> Partitioner:
    from flwr_datasets.partitioner import DirichletPartitioner, IidPartitioner

    if data.partition == "iid":
        return IidPartitioner(num_partitions=clients)
    return DirichletPartitioner(
        num_partitions=clients,
        partition_by=label,
        alpha=data.concentration,
        min_partition_size=1,
        self_balancing=False,
        seed=data.partition_seed,
    )
