"""A safetensors file, read without torch: its header by the format's rules, its numbers by numpy.

Header: https://github.com/huggingface/safetensors#format
    8 bytes, little endian: N, the header's length; N bytes of JSON; the numbers, without holes
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from federated.naming import unknown
from federated.reading import Problem

from . import strict_json
from .strict_json import BadJson

MAX_HEADER_BYTES = 25 * 10**6
MAX_TENSORS = 20_000
MAX_AXES = 4
CHUNK = 4 * 1024**2
"""Numbers looked at in one go."""


class Format(NamedTuple):
    """A number format: an unsigned integer of its size, and the bits of its exponent."""

    bits: type[np.unsignedinteger[Any]]
    exponent: int
    sign: int

    @property
    def size(self) -> int:
        return int(np.dtype(self.bits).itemsize)


FORMATS = {
    "F32": Format(np.uint32, 0x7F80_0000, 0x8000_0000),
    "F16": Format(np.uint16, 0x7C00, 0x8000),
    "BF16": Format(np.uint16, 0x7F80, 0x8000),
}


class Tensor(NamedTuple):
    """One array of the file: its format, its shape, where its bytes lie in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class Values(NamedTuple):
    """What a look at every number of an array tells."""

    finite: bool
    zero: bool
    """Whether all of them are."""


def read_header(file: Path) -> tuple[dict[str, Tensor], tuple[Problem, ...]]:
    """The arrays of a file by name, or what is wrong with its header."""
    place = file.name
    size = file.stat().st_size
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if size < 8 or length > min(MAX_HEADER_BYTES, size - 8):
            said = f"its header would be {length:,} bytes long, in a file of {size:,}"
            return {}, (Problem(place, None, f"not a safetensors file: {said}"),)
        content = opened.read(length)
    try:
        header = strict_json.loads(content)
    except BadJson as error:
        return {}, (Problem(place, None, f"its header is {error.message}", error.hint),)
    return _tensors(header, place, 8 + length, size)


def look_at(file: Path, tensor: Tensor) -> Values:
    """Whether an array holds numbers only, and whether it holds anything but zeros."""
    number = FORMATS[tensor.dtype]
    if tensor.start == tensor.end:
        return Values(finite=True, zero=True)
    count = prod(tensor.shape)
    bits: npt.NDArray[Any] = np.memmap(file, number.bits, "r", tensor.start, (count,))
    finite, zero = True, True
    for start in range(0, count, CHUNK):
        part = bits[start : start + CHUNK]
        finite = finite and not bool(np.any((part & number.exponent) == number.exponent))
        zero = zero and not bool(np.any(part & (number.sign - 1)))
    return Values(finite, zero)


def _tensors(
    header: Any, place: str, offset: int, size: int
) -> tuple[dict[str, Tensor], tuple[Problem, ...]]:
    if not isinstance(header, dict):
        return {}, (Problem(place, None, "its header is not an object"),)
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if not entries:
        return {}, (Problem(place, None, "it holds no arrays"),)
    if len(entries) > MAX_TENSORS:
        return {}, (Problem(place, None, f"{len(entries):,} arrays, at most {MAX_TENSORS:,}"),)
    found = {name: _tensor(entry, offset) for name, entry in entries.items()}
    wrong = [
        Problem(f"{place}: {name[:120]}", None, tensor)
        for name, tensor in found.items()
        if isinstance(tensor, str)
    ]
    sound = {name: tensor for name, tensor in found.items() if isinstance(tensor, Tensor)}
    if not wrong:
        wrong = _layout_problems(sound, place, offset, size)
    return sound, tuple(wrong[:50])


def _tensor(entry: Any, offset: int) -> Tensor | str:
    """An entry of the header, or what is wrong with it."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        return "its entry does not have dtype, shape and data_offsets, and these only"
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in FORMATS:
        return unknown("number format", str(dtype)[:20], FORMATS)
    if not _are_counts(shape) or len(shape) > MAX_AXES:
        return f"its shape is not a list of at most {MAX_AXES} whole numbers"
    if not _are_counts(offsets) or len(offsets) != 2:
        return "its data_offsets are not two whole numbers"
    wanted = prod(shape) * FORMATS[dtype].size
    if offsets[1] - offsets[0] != wanted:
        return f"its shape asks for {wanted:,} bytes, its data_offsets are {offsets}"
    return Tensor(dtype, tuple(shape), offset + offsets[0], offset + offsets[1])


def _are_counts(found: Any) -> bool:
    return isinstance(found, list) and all(
        isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**40
        for count in found
    )


def _layout_problems(
    tensors: Mapping[str, Tensor], place: str, offset: int, size: int
) -> list[Problem]:
    """The arrays follow each other without overlap or hole, and end where the file does."""
    end = offset
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != end:
            what = (
                "overlaps the array before it" if tensor.start < end else "leaves a hole before it"
            )
            return [Problem(f"{place}: {name[:120]}", None, what)]
        end = tensor.end
    if end == size:
        return []
    return [Problem(place, None, f"its arrays end at byte {end:,}, the file at {size:,}")]
