"""Files by their content, attacked."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path

import pytest
from django.db import connections

from leaderboard import storage
from leaderboard.models import Artifact

pytestmark = pytest.mark.django_db


def tree(root: Path) -> Path:
    folder = root / "tree"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"a")
    (folder / "deep" / "b.bin").write_bytes(b"\0\1")
    return folder


def stored_files(site: Path) -> list[Path]:
    return [path for path in (site / "artifacts").rglob("*") if path.is_file()]


def test_a_file_is_known_by_its_digest(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"content")
    digest = storage.put(file, "text/plain")
    assert digest == hashlib.sha256(b"content").hexdigest()
    assert storage.read(digest) == b"content"
    row = Artifact.objects.get()
    assert (row.sha256, row.bytes, row.media_type) == (digest, 7, "text/plain")


def test_the_same_bytes_are_stored_once(site: Path) -> None:
    assert storage.put(b"same") == storage.put(b"same")
    assert len(stored_files(site)) == 1
    assert Artifact.objects.count() == 1


def test_a_tree_comes_back_as_it_was(tmp_path: Path) -> None:
    digest = storage.put_tree(tree(tmp_path))
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").write_text("goes away")
    storage.get_tree(digest, target)
    found = {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*.*")}
    assert found == {"a.txt": b"a", "deep/b.bin": b"\0\1"}
    assert storage.put_tree(target) == digest, "the digest depends on names and bytes only"


def test_a_changed_file_is_noticed(site: Path, tmp_path: Path) -> None:
    digest = storage.put(b"content")
    (site / "artifacts" / digest[:2] / digest).write_bytes(b"CONTENT")
    with pytest.raises(storage.StorageError, match="was changed"):
        storage.read(digest)
    tree_digest = storage.put(json.dumps({"a": digest}).encode())
    with pytest.raises(storage.StorageError, match="was changed"):
        storage.get_tree(tree_digest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "path", ["../up", "/etc/passwd", "a/../../b", "a\\b", "", "a/\0", "..", "./../x"]
)
def test_a_tree_cannot_be_unpacked_outside_its_place(tmp_path: Path, path: str) -> None:
    inner = storage.put(b"x")
    digest = storage.put(json.dumps({path: inner}).encode())
    with pytest.raises(storage.StorageError, match="may not hold"):
        storage.get_tree(digest, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [tmp_path / "state"]


@pytest.mark.parametrize("digest", ["../secret_key", "", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_nothing_but_a_digest_is_read(digest: str) -> None:
    with pytest.raises(storage.StorageError, match="not a SHA-256"):
        storage.read(digest)


def test_a_link_in_a_tree_is_refused(tmp_path: Path, site: Path) -> None:
    folder = tree(tmp_path)
    os.symlink("/etc/passwd", folder / "link")
    with pytest.raises(storage.StorageError, match="not a plain file"):
        storage.put_tree(folder)


def test_a_missing_file_is_told_by_its_digest() -> None:
    with pytest.raises(storage.StorageError, match="No file"):
        storage.read("0" * 64)


@pytest.mark.django_db(transaction=True)
def test_many_may_store_the_same_file_at_once(site: Path) -> None:
    content = os.urandom(300_000)
    found: list[str] = []

    def put() -> None:
        try:
            found.append(storage.put(content))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(content).hexdigest()] * 8
    assert storage.read(found[0]) == content
    assert len(stored_files(site)) == 1
