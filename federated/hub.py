"""Where datasets and base models come from; the only code that downloads. Light at import.

Three sources, asked by id and revision:
    mini    ids that start with "mini/": the practice data this project makes itself
    mirror  a folder in the hub's shape, named by `HUB_MIRROR` (air-gapped sites, tests)
    hub     the Hugging Face hub, when `HUB_MIRROR` is not set

A folder source holds datasets/<id>/<config>/<split>.parquet, models/<id>/ as `save_pretrained`
writes it, and a MANIFEST.json with the sha256 of every table. Its revisions are "main" and the
content's digest (12 hex digits), so a pinned run fails rather than reads other bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

from .errors import BadData, HubUnreachable, NotInHub
from .job import Pin
from .naming import unknown

if TYPE_CHECKING:
    from datasets import Dataset

Kind = Literal["dataset", "model"]


class Source(Protocol):
    """What every source answers."""

    def pin(self, kind: Kind, id: str, revision: str) -> Pin:
        """The exact revision that `revision` names now; `NotInHub` with the reason."""

    def file(self, pin: Pin, name: str) -> Path:
        """One file of a model repository, on this machine."""

    def model(self, pin: Pin) -> Path:
        """A directory that `from_pretrained` loads."""

    def table(self, pin: Pin, config: str, split: str) -> Dataset:
        """One split of a dataset."""


def pin_dataset(id: str, revision: str = "main") -> Pin:
    """The dataset fixed to what `revision` means now."""
    return source_of(id).pin("dataset", id, revision)


def pin_model(id: str, revision: str = "main") -> Pin:
    """The base model fixed to what `revision` means now."""
    return source_of(id).pin("model", id, revision)


def model_config(pin: Pin) -> dict[str, Any]:
    """The model's `config.json`, without its weights."""
    config: dict[str, Any] = json.loads(_source(pin).file(pin, "config.json").read_text("utf-8"))
    return config


def model_path(pin: Pin) -> Path:
    """The model's directory on this machine, downloaded if need be."""
    return _source(pin).model(pin)


def load_table(
    pin: Pin, config: str = "default", split: str = "train", columns: tuple[str, ...] = ()
) -> Dataset:
    """One split, checked: `BadData` when it is empty or lacks one of `columns`."""
    table = _source(pin).table(pin, config, split)
    where = f"{pin.id}, {config}/{split}"
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise BadData(f"{where} has columns {table.column_names}, {missing} wanted too.")
    if not len(table):
        raise BadData(f"{where} has no rows.")
    return table


def source_of(id: str) -> Source:
    """The source that serves this id in this environment."""
    if id.startswith("mini/"):
        from . import mini

        return Folder("mini", mini.root())
    if mirror := os.environ.get("HUB_MIRROR"):
        return Folder("mirror", Path(mirror).resolve())
    return HuggingFace()


def _source(pin: Pin) -> Source:
    """The source a pin was made by; a pin from elsewhere is refused rather than reinterpreted."""
    source = source_of(pin.id)
    name = source.name if isinstance(source, Folder) else "hub"
    if name != pin.source:
        raise NotInHub(
            f"{pin.id} was pinned in the {pin.source}, this machine reads the {name}.",
            "Set HUB_MIRROR here as it was where the run was submitted.",
        )
    return source


class Folder:
    """A mirror folder, or the mini hub, which is one."""

    def __init__(self, name: Literal["mirror", "mini"], root: Path) -> None:
        self.name, self.root = name, root
        self.words = {"mini": "mini hub", "mirror": "mirror"}[name]

    def pin(self, kind: Kind, id: str, revision: str) -> Pin:
        folder = self._folder(kind, id)
        digest = _digest(folder, _stamp(folder))
        if revision not in ("main", digest):
            raise NotInHub(
                f"{kind} {id} has no revision {revision!r} in the {self.words}; "
                f"it has main and {digest}."
            )
        return Pin(id=id, revision=digest, source=self.name)

    def file(self, pin: Pin, name: str) -> Path:
        file = self.model(pin) / name
        if not file.is_file():
            raise NotInHub(f"model {pin.id} has no file {name} in the {self.words}.")
        return file

    def model(self, pin: Pin) -> Path:
        return self._pinned("model", pin)

    def table(self, pin: Pin, config: str, split: str) -> Dataset:
        from datasets import Dataset
        from pyarrow import ArrowException, parquet

        folder = self._pinned("dataset", pin)
        file = folder / config / f"{split}.parquet"
        if not file.is_file():
            there = sorted(str(f.relative_to(folder))[:-8] for f in folder.glob("*/*.parquet"))
            wanted = unknown("table", f"{config}/{split}", there)
            raise NotInHub(f"dataset {pin.id} in the {self.words}: {wanted}")
        try:
            return Dataset(parquet.read_table(file))
        except (ArrowException, OSError) as error:
            raise BadData(f"{file} cannot be read as parquet: {error}") from error

    def _pinned(self, kind: Kind, pin: Pin) -> Path:
        self.pin(kind, pin.id, pin.revision)
        return self._folder(kind, pin.id)

    def _folder(self, kind: Kind, id: str) -> Path:
        shelf = self.root / f"{kind}s"
        folder = shelf / id
        if ".." in id or not folder.is_dir():
            there = sorted(str(f.relative_to(shelf)) for f in shelf.glob("*/*") if f.is_dir())
            # Nobody chooses a dataset: a list of the others would help nobody.
            said = unknown(kind, id, there, listed=kind == "model")
            raise NotInHub(f"{said} in the {self.words}")
        return folder


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file of the folder does."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return tuple(
        (str(f.relative_to(folder)), f.stat().st_size, f.stat().st_mtime_ns) for f in files
    )


@lru_cache(maxsize=256)
def _digest(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> str:
    """12 hex digits over the names and bytes of a folder's files."""
    total = hashlib.sha256()
    for name, _, _ in stamp:
        with (folder / name).open("rb") as file:
            total.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()[:12]


class HuggingFace:
    """The public hub, through huggingface_hub and datasets."""

    def pin(self, kind: Kind, id: str, revision: str) -> Pin:
        from huggingface_hub import HfApi

        api = HfApi()
        try:
            info: Any = (api.dataset_info if kind == "dataset" else api.model_info)(
                id, revision=revision
            )
        except Exception as error:
            _explain(error, kind, id, revision)
        return Pin(id=id, revision=info.sha, source="hub")

    def file(self, pin: Pin, name: str) -> Path:
        from huggingface_hub import hf_hub_download

        try:
            return Path(hf_hub_download(pin.id, name, revision=pin.revision))
        except Exception as error:
            _explain(error, "model", pin.id, pin.revision)

    def model(self, pin: Pin) -> Path:
        from huggingface_hub import snapshot_download

        # Never pickled weights: safetensors, the tokenizer's files and the configuration only.
        wanted = ["*.safetensors", "*.json", "tokenizer.model", "*.txt"]
        try:
            return Path(snapshot_download(pin.id, revision=pin.revision, allow_patterns=wanted))
        except Exception as error:
            _explain(error, "model", pin.id, pin.revision)

    def table(self, pin: Pin, config: str, split: str) -> Dataset:
        from datasets import load_dataset

        try:
            if files := parquet_files(_dataset_files(pin), config, split):
                return self._read(pin, files)
            return load_dataset(pin.id, config, revision=pin.revision, split=split)
        except Exception as error:
            _explain(error, "dataset", pin.id, pin.revision)

    def _read(self, pin: Pin, files: list[str]) -> Dataset:
        """The rows of some parquet files of a dataset repository, in order."""
        from datasets import Dataset
        from huggingface_hub import hf_hub_download
        from pyarrow import concat_tables, parquet

        local = (
            hf_hub_download(pin.id, name, revision=pin.revision, repo_type="dataset")
            for name in files
        )
        return Dataset(concat_tables([parquet.read_table(file) for file in local]))


@lru_cache(maxsize=32)
def _dataset_files(pin: Pin) -> list[str]:
    """The files of a dataset repository at its pinned revision; asked once for all its tables."""
    from huggingface_hub import HfApi

    return HfApi().list_repo_files(pin.id, revision=pin.revision, repo_type="dataset")


def parquet_files(names: Iterable[str], config: str, split: str) -> list[str]:
    """The files of one split among a repository's, in order; empty when it has no parquet of it.

    Known layouts: <config>/<split>-00000-of-00002.parquet, as `push_to_hub` writes it (in data/
    for the default configuration), and <config>/<split>/0000.parquet, as the hub's own
    refs/convert/parquet has it for datasets whose loading scripts no longer run.
    """
    folders = [config, "data"] if config == "default" else [config]
    places = "|".join(map(re.escape, folders))
    wanted = re.compile(rf"({places})/{re.escape(split)}(-\d+-of-\d+|/\d+)?\.parquet")
    return sorted(name for name in names if wanted.fullmatch(name))


def _explain(error: Exception, kind: Kind, id: str, revision: str) -> NoReturn:
    """A hub client's exception as ours."""
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    match error:
        case GatedRepoError():
            raise NotInHub(
                f"{kind} {id} is gated on the hub.",
                "Accept its terms there and give the worker an HF_TOKEN.",
            ) from error
        case RevisionNotFoundError():
            raise NotInHub(f"{kind} {id} has no revision {revision!r} on the hub.") from error
        case RepositoryNotFoundError():
            raise NotInHub(f"unknown {kind} {id!r} on the hub") from error
        case EntryNotFoundError() | ValueError():
            raise NotInHub(f"{kind} {id}: {error}") from error
        case _:
            raise HubUnreachable(
                f"The hub did not answer for {kind} {id}: {type(error).__name__}.",
                "Try again later, or set HUB_MIRROR to a folder that holds it.",
            ) from error
