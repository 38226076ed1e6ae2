"""Named arrays in and out of Flower's records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord

from .arrays import Arrays


def to_record(arrays: Mapping[str, Any]) -> ArrayRecord:
    """The arrays as a Flower record, in the mapping's order."""
    return ArrayRecord({name: Array(np.asarray(array)) for name, array in arrays.items()})


def from_record(record: ArrayRecord) -> Arrays:
    """A Flower record's arrays by name."""
    return {name: array.numpy() for name, array in record.items()}
