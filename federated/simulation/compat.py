"""The only place that imports Flower's internals. Pinned and tested with flwr 1.41.0."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache, wraps
from io import BytesIO
from typing import Any, Protocol, cast

import numpy as np
from flwr.app import Array, ArrayRecord, Message, RecordDict
from flwr.app.metadata import Metadata
from flwr.common.constant import SType
from flwr.serverapp.strategy import (
    FedAdagrad,
    FedAdam,
    FedAvg,
    FedAvgM,
    FedProx,
    FedYogi,
    Strategy,
    fedavg,
)
from flwr.serverapp.strategy.strategy_utils import aggregate_metricrecords
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

# The engine's log is read by people: rounds are told once, in our own lines.
logging.getLogger("flwr").setLevel(logging.ERROR)

SERVER_NODE_ID = 1
RUN_ID = 1


def identify(run_id: int) -> None:
    """Tell Flower who writes this process's messages; SuperLink does it in a deployment."""
    TaskIdentity.task_id = run_id
    TaskIdentity.run_id = run_id
    TaskIdentity.node_id = SERVER_NODE_ID


# --- arrays that are serialised only when somebody asks for the bytes ---------

VALUES = "_values"
"""Where an `Array` keeps its numbers until its bytes are wanted."""


@cache
def be_lazy() -> None:
    """Make Flower's `Array` keep numbers instead of `np.save` bytes; it behaves as before.

    Stock Flower serialises every tensor when a record is made and reads it back on each
    `.numpy()`. Here making a record copies the numbers once, `.numpy()` answers a fresh copy of
    them, as before, and `.data` makes the bytes when it is read.
    """
    stock_numpy, stock_from_numpy = Array.numpy, vars(Array)["from_numpy_ndarray"].__func__

    def numpy(self: Array) -> Any:
        values = self.__dict__.get(VALUES)
        return stock_numpy(self) if values is None else values.copy(order="K")

    def from_numpy(cls: type[Array], ndarray: Any) -> Array:
        if not isinstance(ndarray, np.ndarray) or ndarray.dtype.hasobject:
            return cast(Array, stock_from_numpy(cls, ndarray))
        return holding(ndarray.copy(order="K"))

    def missing(self: Array, name: str) -> Any:
        if name != "data" or VALUES not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        buffer = BytesIO()
        np.save(buffer, self.__dict__[VALUES], allow_pickle=False)
        return buffer.getvalue()

    def from_arrays(
        cls: type[ArrayRecord], array_dict: dict[str, Array], *, keep_input: bool = True
    ) -> ArrayRecord:
        record = ArrayRecord()
        for name, array in array_dict.items():
            record[name] = _same(array)
        if not keep_input:
            array_dict.clear()
        return record

    _replace(Array, numpy=numpy, from_numpy_ndarray=classmethod(from_numpy), __getattr__=missing)
    _replace(ArrayRecord, from_array_dict=classmethod(from_arrays), count_bytes=count_bytes)


def _replace(owner: type, **methods: Any) -> None:
    for name, method in methods.items():
        setattr(owner, name, method)


def _same(array: Array) -> Array:
    """Another `Array` of the same content, as `ArrayRecord` makes one of each it is given."""
    if VALUES in array.__dict__:
        return holding(array.__dict__[VALUES])
    return Array(dtype=array.dtype, shape=tuple(array.shape), stype=array.stype, data=array.data)


def holding(values: Any) -> Array:
    """An `Array` around these numbers, without a copy: they must not change from now on."""
    array = Array.__new__(Array)
    array.__dict__.update(
        dtype=str(values.dtype), shape=values.shape, stype=SType.NUMPY, **{VALUES: values}
    )
    return array


def values_of(array: Array) -> Any:
    """An array's numbers, without a copy where they are at hand; never to be written to."""
    values = array.__dict__.get(VALUES)
    return array.numpy() if values is None else values


def array_bytes(array: Array) -> int:
    """`len(array.data)` without making the data: the numbers and `np.save`'s header."""
    values = array.__dict__.get(VALUES)
    if values is None:
        return len(array.data)
    fortran = bool(values.flags.f_contiguous and not values.flags.c_contiguous)
    return int(values.nbytes) + _header_bytes(values.dtype, values.shape, fortran)


@cache
def _header_bytes(dtype: np.dtype[Any], shape: tuple[int, ...], fortran: bool) -> int:
    buffer = BytesIO()
    empty = np.lib.stride_tricks.as_strided(np.empty(1, dtype), shape, (0,) * len(shape))
    header = np.lib.format.header_data_from_array_1_0(empty)
    np.lib.format.write_array_header_1_0(buffer, {**header, "fortran_order": fortran})
    return buffer.tell()


def count_bytes(record: ArrayRecord) -> int:
    """Bytes of a record as Flower counts them: serialised arrays and their names."""
    return sum(array_bytes(array) + len(name) for name, array in record.items())


# --- messages ------------------------------------------------------------------


def stamp(message: Message, message_id: str) -> Metadata:
    """Give an outgoing message its id, as the SuperLink would, and answer its metadata."""
    metadata = message.metadata
    metadata.__dict__["_message_id"] = message_id
    return metadata


def delivered(content: RecordDict, metadata: Metadata) -> Message:
    """The message a client finds: this content under this metadata."""
    make: Callable[..., Message] = Message  # the argument is Flower's own, for this very use
    return make(content, metadata=metadata)


def fresh(content: RecordDict) -> RecordDict:
    """A copy whose records a client may change; the arrays' numbers are shared."""
    copied = content.copy()
    data = copied.__dict__["_data"]
    for key, record in data.items():
        data[key] = record.copy()
    return copied


# --- strategies ----------------------------------------------------------------

WEIGHTED_MEANS = frozenset(
    strategy.aggregate_train
    for strategy in (FedAvg, FedProx, FedAvgM, FedAdam, FedYogi, FedAdagrad)
)
"""Train aggregations that look at the clients' arrays through their weighted mean only."""


def weight_key(strategy: Strategy | None) -> str | None:
    """The metric that weighs the mean, where this strategy takes nothing else of the arrays.

    None for every strategy that is not known to: Krum, medians, trimmed means, DP wrappers, and
    anything that overrides how train replies become arrays or metrics.
    """
    inner = getattr(strategy, "inner", None)
    if isinstance(inner, Strategy):  # one that only watches another says so
        return weight_key(inner) if getattr(strategy, "only_watches", False) else None
    if not isinstance(strategy, FedAvg) or type(strategy).aggregate_train not in WEIGHTED_MEANS:
        return None
    own = type(strategy)._check_and_log_replies is FedAvg._check_and_log_replies
    plain = strategy.train_metrics_aggr_fn is aggregate_metricrecords
    return strategy.weighted_by_key if own and plain else None


AGGREGATE = "aggregate_arrayrecords"
"""The function of Flower's FedAvg module that makes the weighted mean."""


class Mean(Protocol):
    """The running weighted sums of a round, as a strategy's aggregation asks for them."""

    def mean(self, replies: int) -> ArrayRecord:
        """The weighted mean over exactly `replies` clients."""
        ...


class FoldedArray(Array):
    """Stands for a client's array that was added to a running sum and is gone."""

    def __init__(self, dtype: str, shape: tuple[int, ...]) -> None:
        self.__dict__.update(dtype=dtype, shape=shape, stype=SType.NUMPY)

    def __getattr__(self, name: str) -> Any:
        if name == "data":
            raise folded_away()
        raise AttributeError(name)

    def numpy(self) -> Any:
        """Never: `folded_away`."""
        raise folded_away()


def folded_away() -> LookupError:
    """What is said to whoever wants one client's arrays after they were folded."""
    return LookupError(
        "this client's arrays were folded into the round's mean; run with reduce='keep' to see them"
    )


class FoldedRecord(ArrayRecord):
    """The arrays of all clients of a round: their names and sizes, and their mean on demand."""

    def __init__(self, arrays: dict[str, FoldedArray], size: int, sums: Mean) -> None:
        super().__init__()
        for name, array in arrays.items():
            self[name] = array
        self.__dict__["_size"], self.__dict__["_sums"] = size, sums

    def count_bytes(self) -> int:
        """Bytes of one client's arrays, as if they had travelled."""
        return cast(int, self.__dict__["_size"])

    def mean(self, replies: int) -> ArrayRecord:
        """The weighted mean over the `replies` clients that were folded."""
        return cast(Mean, self.__dict__["_sums"]).mean(replies)


@cache
def know_folds() -> None:
    """Let FedAvg's aggregation take the mean of folded replies from where it was summed."""
    stock = vars(fedavg)[AGGREGATE]

    @wraps(stock)
    def aggregate(records: list[RecordDict], weighting_metric_name: str) -> ArrayRecord:
        first = next(iter(records[0].array_records.values()))
        if isinstance(first, FoldedRecord):
            return first.mean(len(records))
        return cast(ArrayRecord, stock(records, weighting_metric_name))

    setattr(fedavg, AGGREGATE, aggregate)


@cache
def tell_grids() -> None:
    """Let a strategy that starts tell its grid who it is."""
    stock: Callable[..., Any] = Strategy.start

    @wraps(stock)
    def start(self: Strategy, grid: Any, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(grid, "strategy"):
            return stock(self, grid, *args, **kwargs)
        grid.strategy = self
        try:
            return stock(self, grid, *args, **kwargs)
        finally:
            grid.strategy = None  # what the app sends by itself afterwards is not folded

    _replace(Strategy, start=start)


def prepare() -> None:
    """Everything above that changes how this process's Flower works; done once."""
    be_lazy()
    know_folds()
    tell_grids()
    identify(RUN_ID)


__all__: Sequence[str] = (
    "RUN_ID", "SERVER_NODE_ID", "FoldedArray", "FoldedRecord", "Metadata", "Run", "SType",
    "array_bytes", "count_bytes", "delivered", "fresh", "holding", "identify", "prepare", "stamp",
    "values_of", "weight_key",
)  # fmt: skip
