"""Running weighted sums: a round's mean without keeping a round's replies (Pollen's partial
aggregation).

Whoever ran which client, the same bits should come out, so the sums must not depend on order. A
float32 array times its weight is rounded to float32 and added in float64: exact as long as a
parameter's terms lie within a factor of 2^29 / clients of each other, and what is exact has no
order. Terms further apart may differ in a last float64 digit, which the rounding back to float32
hides all but once in about 10^8 of them. float64 arrays (some of Flower's strategies make such) are
added with what each addition loses kept beside the sum (Knuth's two-sum), about 106 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from flwr.app import ArrayRecord
from numpy.typing import NDArray

from .compat import FoldedArray, FoldedRecord, array_bytes, holding, values_of

Floats = NDArray[np.float64]
SINGLE = ("float16", "float32")
BLOCK = 16_384
"""Numbers added at a time: two blocks stay in a core's first cache."""


class Signature(NamedTuple):
    """What two replies must have in common to be averaged."""

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[str, ...]

    @classmethod
    def of(cls, record: ArrayRecord) -> Signature:
        """The signature of a record, in name order."""
        pairs = sorted(record.items())
        return cls(
            tuple(name for name, _ in pairs),
            tuple(tuple(array.shape) for _, array in pairs),
            tuple(array.dtype for _, array in pairs),
        )


class WeightedSum:
    """sum_k n_k x_k and sum_k n_k over the clients that were added."""

    def __init__(self, signature: Signature, size: int) -> None:
        self.signature = signature
        self.size = size
        """Bytes of one client's arrays, as Flower counts them."""
        self.weight, self.clients = 0.0, 0
        self.sums = [_Sum.zero(shape, dtype) for shape, dtype in zip(*signature[1:], strict=True)]

    def add(self, arrays: Sequence[Any], weight: float) -> None:
        """One client's arrays, in the signature's order."""
        for total, array in zip(self.sums, arrays, strict=True):
            total.add(array.reshape(-1), weight)
        self.weight += weight
        self.clients += 1

    def merge(self, other: WeightedSum) -> None:
        """Another worker's sums of the same signature."""
        for total, part in zip(self.sums, other.sums, strict=True):
            total.merge(part)
        self.weight += other.weight
        self.clients += other.clients

    def own(self) -> WeightedSum:
        """Itself, with sums that can be added to: those that came from a worker cannot."""
        self.sums = [total.own() for total in self.sums]
        return self

    def mean(self, replies: int) -> ArrayRecord:
        """sum_k n_k x_k / sum_k n_k in the clients' own number format; float64 for integers.

        Raises ZeroDivisionError when all weights are zero, as Flower's aggregation does, and
        LookupError when the strategy averages over other replies than were folded.
        """
        if replies != self.clients:
            raise LookupError(
                f"a mean over {replies} replies was asked, {self.clients} were folded"
            )
        if not self.weight:
            raise ZeroDivisionError("the weights of all clients are zero")
        record = ArrayRecord()
        for name, shape, dtype, total in zip(*self.signature, self.sums, strict=True):
            kind = np.dtype(dtype)
            kind = kind if np.issubdtype(kind, np.inexact) else np.dtype(np.float64)
            record[name] = holding((total.value() / self.weight).astype(kind).reshape(shape))
        return record

    def record(self) -> FoldedRecord:
        """What stands in each reply for its arrays."""
        arrays = {n: FoldedArray(d, s) for n, s, d in zip(*self.signature, strict=True)}
        return FoldedRecord(arrays, self.size, self)


class _Sum(NamedTuple):
    """One parameter's running sum, flat; `rest` is what float64 could not hold of it."""

    total: Floats
    rest: Floats | None

    @classmethod
    def zero(cls, shape: tuple[int, ...], dtype: str) -> _Sum:
        """Nothing yet."""
        total = np.zeros(shape, np.float64).reshape(-1)
        return cls(total, None if dtype in SINGLE else np.zeros_like(total))

    def own(self) -> _Sum:
        """Itself, or a copy of what cannot be written to."""
        if self.total.flags.writeable:
            return self
        return _Sum(self.total.copy(), None if self.rest is None else self.rest.copy())

    def add(self, values: Any, weight: float) -> None:
        """total += weight * values, block by block."""
        kind = np.float32 if self.rest is None else np.float64
        scaled, factor = np.empty(min(BLOCK, values.size), kind), kind(weight)
        for at in range(0, values.size, BLOCK):
            block = slice(at, at + BLOCK)
            part = scaled[: values[block].size]
            np.multiply(values[block], factor, out=part, casting="unsafe")
            self._plus(block, part)

    def merge(self, other: _Sum) -> None:
        """Another worker's sum of this parameter."""
        for at in range(0, self.total.size, BLOCK):
            block = slice(at, at + BLOCK)
            self._plus(block, other.total[block])
        if self.rest is not None and other.rest is not None:
            self.rest[:] += other.rest

    def _plus(self, block: slice, part: Any) -> None:
        total = self.total[block]
        if self.rest is None:
            total += part
            return
        new = total + part
        seen = new - total
        self.rest[block] += (total - (new - seen)) + (part - seen)
        total[:] = new

    def value(self) -> Floats:
        """The sum."""
        return self.total if self.rest is None else self.total + self.rest


class Folds:
    """The sums of a round, one for each signature: normally one."""

    def __init__(self) -> None:
        self.by_signature: dict[Signature, WeightedSum] = {}

    def add(self, record: ArrayRecord, weight: float) -> Signature:
        """Fold one client's arrays and answer under which signature."""
        signature = Signature.of(record)
        if signature not in self.by_signature:
            size = sum(array_bytes(array) + len(name) for name, array in record.items())
            self.by_signature[signature] = WeightedSum(signature, size)
        arrays = [values_of(record[name]) for name in signature.names]
        self.by_signature[signature].add(arrays, weight)
        return signature

    def merge(self, other: Folds) -> None:
        """Another worker's sums."""
        for signature, part in other.by_signature.items():
            if signature in self.by_signature:
                self.by_signature[signature].merge(part)
            else:
                self.by_signature[signature] = part.own()

    def chosen(self, wanted: Mapping[str, Any] | None) -> Signature | None:
        """The one signature that counts: that of the arrays sent out, else the most clients'."""
        sums = self.by_signature
        if isinstance(wanted, ArrayRecord) and (sent := Signature.of(wanted)) in sums:
            return sent
        return max(sums, key=lambda each: (sums[each].clients, each), default=None)
