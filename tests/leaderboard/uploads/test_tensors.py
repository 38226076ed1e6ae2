"""Safetensors files: what the format's rules allow, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leaderboard.uploads import tensors
from tests.leaderboard.uploads.adapters import encoded, filled

TWO = {"a": ("F32", (2, 2), filled("F32", (2, 2), 1.0)), "b": ("BF16", (2,), b"\x80\x3f" * 2)}


def told(tmp_path: Path, content: bytes) -> str:
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    return "\n".join(map(str, tensors.read_header(file)[1]))


def headed(text: bytes, content: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text + content


def test_a_sound_file_is_read_as_the_library_reads_it(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    file = tmp_path / "x.safetensors"
    save_file({"a": np.ones((2, 3), "f4"), "b": np.zeros(5, "f2")}, str(file))
    found, problems = tensors.read_header(file)
    assert problems == ()
    assert {name: (t.dtype, t.shape) for name, t in found.items()} == {
        "a": ("F32", (2, 3)),
        "b": ("F16", (5,)),
    }
    assert tensors.look_at(file, found["a"]) == (True, False)
    assert tensors.look_at(file, found["b"]) == (True, True)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}, "unknown number format"),
        ({"dtype": "I8", "shape": [16], "data_offsets": [0, 16]}, "unknown number format"),
        ({"dtype": ["F32"], "shape": [4], "data_offsets": [0, 16]}, "unknown number format"),
        ({"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 12]}, "asks for 16 bytes"),
        ({"dtype": "F32", "shape": [-2, -2], "data_offsets": [0, 16]}, "whole numbers"),
        ({"dtype": "F32", "shape": [True, 4], "data_offsets": [0, 16]}, "whole numbers"),
        ({"dtype": "F32", "shape": [2.0, 2], "data_offsets": [0, 16]}, "whole numbers"),
        ({"dtype": "F32", "shape": [1] * 5, "data_offsets": [0, 4]}, "at most 4"),
        ({"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}, "asks for 16 bytes"),
        ({"dtype": "F32", "shape": [4], "data_offsets": [0]}, "two whole numbers"),
        ({"dtype": "F32", "shape": [4]}, "and these only"),
        ({"dtype": "F32", "shape": [4], "data_offsets": [0, 16], "x": 1}, "and these only"),
        ([1, 2], "and these only"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(tmp_path: Path, entry: Any, words: str) -> None:
    assert words in told(tmp_path, encoded(TWO, a=entry))


def test_overlap_hole_and_rest_are_refused(tmp_path: Path) -> None:
    whole = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    shared = {"dtype": "BF16", "shape": [2], "data_offsets": [12, 16]}
    assert "overlaps" in told(tmp_path, encoded(TWO, a=whole, b=shared))
    later = {"dtype": "BF16", "shape": [2], "data_offsets": [18, 22]}
    assert "leaves a hole" in told(tmp_path, encoded(TWO, b=later) + b"12")
    assert "the file at" in told(tmp_path, encoded(TWO) + b"more")
    assert "the file at" in told(tmp_path, encoded(TWO)[:-1])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a safetensors file"),
        (b"\x80\x02", "not a safetensors file"),
        ((2**63).to_bytes(8, "little") + b"{}", "not a safetensors file"),
        (headed(b"{}"), "holds no arrays"),
        (headed(b"[]"), "is not an object"),
        (headed(b"nonsense"), "not valid JSON"),
        (headed(b'{"a": 1, "a": 2}'), "stands twice"),
        (headed(b"[" * 5000), "64 levels"),
    ],
)
def test_a_header_that_is_none_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in told(tmp_path, content)


def test_a_header_longer_than_the_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensors, "MAX_HEADER_BYTES", 100)
    assert "not a safetensors file" in told(tmp_path, encoded(TWO))


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
@pytest.mark.parametrize(
    ("value", "finite", "zero"),
    [
        (1.0, True, False),
        (0.0, True, True),
        (-0.0, True, True),
        (float("nan"), False, False),
        (float("inf"), False, False),
        (float("-inf"), False, False),
    ],
)
def test_numbers_are_looked_at_in_every_format(
    tmp_path: Path, dtype: str, value: float, finite: bool, zero: bool
) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(encoded({"a": (dtype, (3, 5), filled(dtype, (3, 5), value))}))
    found, problems = tensors.read_header(file)
    assert problems == ()
    assert tensors.look_at(file, found["a"]) == (finite, zero)


def test_one_bad_number_among_many_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensors, "CHUNK", 7)
    values = np.zeros(100, "f4")
    values[99] = np.nan
    file = tmp_path / "x.safetensors"
    file.write_bytes(encoded({"a": ("F32", (100,), values.tobytes())}))
    found, _ = tensors.read_header(file)
    assert tensors.look_at(file, found["a"]) == (False, False)


def test_names_may_be_anything_that_json_can_say(tmp_path: Path) -> None:
    named = {json.loads('"\\u202e/../x"'): TWO["a"]}
    assert told(tmp_path, encoded(named)) == ""
