"""What is sent: a recipe's text, a file, or a folder made into one file that is always the same."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .errors import Usage

BLOCK = 1024**2
EARLIEST = (1980, 1, 1, 0, 0, 0)


class Parcel(NamedTuple):
    """A recipe's text, or a file with the name it goes by; `digest` is that of its bytes."""

    digest: str
    recipe: str | None = None
    file: Path | None = None
    name: str = ""
    size: int = 0


@contextmanager
def packed(path: Path) -> Iterator[Parcel]:
    """The parcel for a path. A folder's archive is there until the block ends."""
    with tempfile.TemporaryDirectory(prefix="flboard-") as room:
        yield _pack(path, Path(room))


def _pack(path: Path, room: Path) -> Parcel:
    if path.is_dir():
        archive = room / "upload.zip"
        _zip(path, archive)
        return _of_file(archive, f"{path.resolve().name or 'upload'}.zip")
    if not path.is_file():
        raise Usage(f"{path} does not exist", "name a recipe (.toml), a file or a folder")
    if path.suffix == ".toml":
        return _recipe(path)
    return _of_file(path, path.name)


def _recipe(path: Path) -> Parcel:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Usage(f"{path} is not UTF-8 text") from None
    return Parcel(hashlib.sha256(text.encode()).hexdigest(), recipe=text, name=path.name)


def _of_file(file: Path, name: str) -> Parcel:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            digest.update(block)
    return Parcel(digest.hexdigest(), file=file, name=name, size=file.stat().st_size)


def _zip(folder: Path, target: Path) -> None:
    """Names sorted, times fixed, nothing compressed: a second run makes the same bytes, so that an
    upload can go on. Hidden files stay at home."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in _files(folder):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), EARLIEST)
            entry.external_attr = 0o100644 << 16
            with file.open("rb") as source, archive.open(entry, "w", force_zip64=True) as member:
                while block := source.read(BLOCK):
                    member.write(block)


def _files(folder: Path) -> list[Path]:
    visible = [
        path
        for path in sorted(folder.rglob("*"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    links = [path for path in visible if path.is_symlink()]
    if links:
        raise Usage(f"{links[0]} is a link", "put the file itself into the folder")
    files = [path for path in visible if path.is_file()]
    if not files:
        raise Usage(f"{folder} has no files in it")
    return files
