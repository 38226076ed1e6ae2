"""Files by their content: written once under their SHA-256, checked whenever they are read.

A tree of files is stored as a manifest, {relative path: sha256} as JSON, itself by its digest.
The backend is Django's storage "artifacts": a folder, or S3 by settings.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from .models import Artifact

TREE = "application/vnd.leaderboard.tree+json"
BINARY = "application/octet-stream"


class StorageError(ValueError):
    """A file that is missing, differs from its digest, or may not be stored or unpacked."""


class Shelf(FileSystemStorage):
    """A folder in which a file appears whole, by one rename; the same name has the same bytes."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: it is a digest."""
        return name

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            with draft.open("wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return name


def put(source: Path | bytes, media_type: str = BINARY) -> str:
    """Store a file; answers its digest. Storing the same bytes again changes nothing."""
    with _opened(source) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.seek(0, os.SEEK_END)
        if not storages["artifacts"].exists(_name(digest)):
            file.seek(0)
            storages["artifacts"].save(_name(digest), File(file))
    Artifact.objects.get_or_create(
        sha256=digest, defaults={"bytes": size, "media_type": media_type}
    )
    return digest


def read(digest: str) -> bytes:
    """The bytes of a stored file, checked."""
    with open_stored(digest) as file:
        content: bytes = file.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise StorageError(f"The stored file {digest} was changed: its content has another digest.")
    return content


def open_stored(digest: str) -> IO[Any]:
    """A stored file for streaming; the digest is not checked."""
    try:
        return storages["artifacts"].open(_name(digest))
    except FileNotFoundError:
        raise StorageError(f"No file {digest} is stored.") from None


def put_tree(folder: Path) -> str:
    """Store every file below `folder`; answers the digest of the manifest."""
    return put(_manifest(folder, put), TREE)


def digest_of_tree(folder: Path) -> str:
    """The digest that `put_tree` would answer; nothing is stored."""
    return hashlib.sha256(_manifest(folder, _digest)).hexdigest()


def _manifest(folder: Path, digest: Callable[[Path], str]) -> bytes:
    manifest = {
        file.relative_to(folder).as_posix(): digest(file) for file in sorted(_plain_files(folder))
    }
    if not manifest:
        raise StorageError(f"{folder.name}/ has no files.")
    return json.dumps(manifest, sort_keys=True).encode()


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def manifest_of(digest: str) -> dict[str, str]:
    """{relative path: sha256} of a stored tree; every path is safe to unpack."""
    manifest = json.loads(read(digest))
    if not isinstance(manifest, dict):
        raise StorageError(f"{digest} is not a tree.")
    return {_safe(path): found for path, found in manifest.items()}


def get_tree(digest: str, destination: Path) -> None:
    """Unpack a stored tree into `destination`, which is replaced; every file is checked."""
    draft = destination.with_name(f".{destination.name}.{uuid.uuid4().hex}")
    try:
        for path, content in manifest_of(digest).items():
            file = draft / path
            file.parent.mkdir(parents=True, exist_ok=True)
            _fetch(content, file)
        shutil.rmtree(destination, ignore_errors=True)
        draft.replace(destination)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fetch(digest: str, target: Path) -> None:
    """Copy a stored file, hashing what is written: an adapter may be larger than memory."""
    total = hashlib.sha256()
    with open_stored(digest) as source, target.open("wb") as copy:
        while chunk := source.read(1024**2):
            total.update(chunk)
            copy.write(chunk)
    if total.hexdigest() != digest:
        raise StorageError(f"The stored file {digest} was changed: its content has another digest.")


@contextmanager
def _opened(source: Path | bytes) -> Iterator[Any]:
    with ContentFile(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _plain_files(folder: Path) -> Iterator[Path]:
    """The files of a tree an engine left; a link could name a file of ours and is refused."""
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise StorageError(f"{path.relative_to(folder)} is not a plain file.")
        if path.is_file():
            yield path


def _safe(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or ".." in parts or "\0" in path:
        raise StorageError(f"A tree may not hold the path {path!r}.")
    return path


def _name(digest: str) -> str:
    """Where a digest is stored; nothing but a digest ever becomes a path."""
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise StorageError(f"{digest!r} is not a SHA-256 digest.")
    return f"{digest[:2]}/{digest}"
