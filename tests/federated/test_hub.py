"""Datasets and models by id and revision; what is not there is told with the near names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from datasets import Dataset

from federated import hub
from federated.errors import BadData, HubUnreachable, NotInHub
from federated.job import Pin

TRAIN = "flwrlabs/fingpt-sentiment-train"


def test_main_is_pinned_to_the_content(tiny_hub: Path) -> None:
    pin = hub.pin_model("tiny/llama")
    assert (pin.source, len(pin.revision)) == ("mirror", 12)
    assert hub.pin_model("tiny/llama", pin.revision) == pin
    assert hub.model_config(pin)["hidden_size"] == 16


def test_an_unknown_model_is_answered_with_the_near_ones(tiny_hub: Path) -> None:
    with pytest.raises(NotInHub, match="did you mean 'tiny/llama'"):
        hub.pin_model("tiny/lama")


def test_a_missing_revision_is_told_with_those_there_are(tiny_hub: Path) -> None:
    with pytest.raises(NotInHub, match=r"no revision 'v2'.* it has main and"):
        hub.pin_dataset(TRAIN, "v2")


def test_changed_bytes_are_another_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "models" / "a" / "b"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    monkeypatch.setenv("HUB_MIRROR", str(tmp_path))
    pin = hub.pin_model("a/b")
    (model / "config.json").write_text('{"x": 1}')
    with pytest.raises(NotInHub):
        hub.model_path(pin)


def test_a_pin_is_not_read_from_another_source(tiny_hub: Path) -> None:
    pin = hub.pin_model("tiny/llama").model_copy(update={"source": "hub"})
    with pytest.raises(NotInHub, match="pinned in the hub"):
        hub.model_path(pin)


def test_names_cannot_climb_out_of_the_folder(tiny_hub: Path) -> None:
    with pytest.raises(NotInHub):
        hub.pin_model("../models/tiny/llama")


def test_a_missing_column_split_or_table_is_told(tiny_hub: Path) -> None:
    pin = hub.pin_dataset(TRAIN)
    with pytest.raises(BadData, match="'sentence'"):
        hub.load_table(pin, columns=("sentence",))
    with pytest.raises(NotInHub, match="did you mean 'default/train'"):
        hub.load_table(pin, split="trian")


def test_a_truncated_parquet_is_told_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "datasets" / "a" / "b" / "default"
    table.mkdir(parents=True)
    (table / "train.parquet").write_bytes(b"PAR1 and then nothing")
    monkeypatch.setenv("HUB_MIRROR", str(tmp_path))
    with pytest.raises(BadData, match=r"train\.parquet"):
        hub.load_table(hub.pin_dataset("a/b"))


def test_a_table_without_rows_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "datasets" / "a" / "b" / "default"
    table.mkdir(parents=True)
    Dataset.from_dict({"text": []}).to_parquet(str(table / "train.parquet"))
    monkeypatch.setenv("HUB_MIRROR", str(tmp_path))
    with pytest.raises(BadData, match="a/b, default/train has no rows"):
        hub.load_table(hub.pin_dataset("a/b"))


def test_a_silent_hub_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_MIRROR", raising=False)
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", _offline)
    with pytest.raises(HubUnreachable) as caught:
        hub.pin_model("some/model")
    assert not caught.value.permanent


def test_a_splits_files_are_found_in_the_hubs_layouts() -> None:
    names = [
        "README.md",
        "data/train-00001-of-00002.parquet",
        "data/train-00000-of-00002.parquet",
        "data/test-00000-of-00001.parquet",
        "sentences_50agree/train/0000.parquet",
        "sentences_50agree/partial-train/0000.parquet",
        "default/validation/0000.parquet",
    ]
    find = hub.parquet_files
    assert find(names, "default", "train") == names[2:0:-1]
    assert find(names, "sentences_50agree", "train") == ["sentences_50agree/train/0000.parquet"]
    assert find(names, "default", "validation") == ["default/validation/0000.parquet"]
    assert find(names, "other", "train") == []


def test_the_hub_is_read_file_by_file_at_the_pinned_revision(
    tiny_hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUB_MIRROR", raising=False)
    table = tiny_hub_folder / "datasets" / TRAIN / "default" / "train.parquet"
    asked: list[object] = []

    def files(self: object, id: str, revision: str, repo_type: str) -> list[str]:
        asked.append((id, revision, repo_type))
        return ["data/train-00000-of-00001.parquet"]

    def download(id: str, name: str, revision: str, repo_type: str) -> str:
        asked.append((id, name, revision))
        return str(table)

    monkeypatch.setattr("huggingface_hub.HfApi.list_repo_files", files)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    pin = Pin(id=TRAIN, revision="a1b2", source="hub")
    assert len(hub.load_table(pin, columns=("instruction", "input", "output"))) == 1000
    assert asked == [
        (TRAIN, "a1b2", "dataset"),
        (TRAIN, "data/train-00000-of-00001.parquet", "a1b2"),
    ]


def test_a_gated_or_missing_repository_is_told_apart_from_a_silent_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import httpx
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    monkeypatch.delenv("HUB_MIRROR", raising=False)
    answer = httpx.Response(403, request=httpx.Request("GET", "https://hub.test"))
    for kind, words in (
        (GatedRepoError, "is gated"),
        (RevisionNotFoundError, "no revision 'main'"),
    ):

        def fail(*_: object, kind: type[Exception] = kind, **__: object) -> None:
            raise kind("no", response=answer)  # type: ignore[call-arg]

        monkeypatch.setattr("huggingface_hub.HfApi.model_info", fail)
        with pytest.raises(NotInHub, match=words):
            hub.pin_model("some/model")


def _offline(*_: object, **__: object) -> None:
    raise ConnectionError("no route")


@pytest.mark.mirror
def test_the_mirror_serves_the_published_training_set(mirror: Path) -> None:
    table = hub.load_table(hub.pin_dataset(TRAIN), columns=("instruction", "input", "output"))
    assert len(table) == 59_832


def test_importing_the_hub_imports_no_torch() -> None:
    import subprocess

    code = "import federated.hub, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
