"""An adapter directory says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluators import predictors
from evaluators.errors import BadAdapter


@pytest.mark.parametrize("kind", ["base", "majority"])
def test_a_method_file_names_a_predictor(tmp_path: Path, kind: str) -> None:
    (tmp_path / "method.json").write_text(f'{{"predictor": "{kind}"}}')
    assert predictors.read(tmp_path).kind == kind


def test_pefts_two_files_are_an_adapter(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.safetensors").write_bytes(b"x")
    before = predictors.read(tmp_path)
    assert before.kind == "adapter"
    (tmp_path / "adapter_model.safetensors").write_bytes(b"y")
    assert predictors.read(tmp_path).digest != before.digest


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no adapter_config.json"),
        ({"adapter_config.json": "{}"}, "no adapter_model.safetensors"),
        ({"adapter_config.json": "{}", "adapter_model.bin": "pickle"}, "adapter_model.safetensors"),
        ({"method.json": "{"}, "does not name a predictor"),
        ({"method.json": "[]"}, "does not name a predictor"),
        ({"method.json": '{"predictor": "oracle"}'}, "'oracle'; known: adapter, base, majority"),
        ({"method.json": '{"predictor": "adapter"}'}, "no adapter_config.json"),
    ],
)
def test_anything_else_is_refused_in_words(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(BadAdapter, match=said.replace("'", ".")):
        predictors.read(tmp_path)


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadAdapter, match="is not there"):
        predictors.read(tmp_path / "nowhere")
