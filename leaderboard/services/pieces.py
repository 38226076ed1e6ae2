"""Files that arrive in pieces, and can be taken up again where they broke off.

The bytes lie in the state folder under a name the server made; a row says how many there are.
"""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from federated.reading import Problem
from leaderboard.models import Upload

from . import quota
from .requeue import NotPossible

CHUNK_BYTES = 8 * 1024**2
"""Of one piece."""
READ_BYTES = 64 * 1024
KEPT = timedelta(days=1)
ORPHANED = timedelta(hours=1)
MOST_OPEN = 5
"""Unfinished uploads a person may have."""


class WrongOffset(Exception):
    """A piece that does not start where the last one ended."""

    def __init__(self, received: int) -> None:
        super().__init__(f"{received} bytes are here; the next piece starts there.")
        self.received = received


class BadPiece(Exception):
    """A piece that is too long, or longer than what is missing."""


def problems(user: Any, name: str, size: int) -> list[Problem]:
    """Everything wrong with an upload that is announced."""
    found = []
    if not 0 < len(name) <= 255 or not name.isprintable() or "/" in name or "\\" in name:
        found.append(
            Problem("name", None, "a file's name of 1 to 255 printable characters was wanted")
        )
    most = settings.UPLOAD_BYTES
    room = _room(user)
    if not 1 <= size <= most:
        found.append(Problem("size", None, f"found {size} bytes, 1 to {most} were wanted"))
    elif room is not None and size > room:
        found.append(
            Problem("size", None, f"found {size} bytes, your storage has room for {room} more")
        )
    return found


def begin(user: Any, name: str, size: int) -> Upload:
    """An empty file of an announced size; `NotPossible` when too many are open."""
    clear()
    if Upload.objects.filter(user=user).count() >= MOST_OPEN:
        raise NotPossible(
            f"You have {MOST_OPEN} unfinished uploads; finish one, or wait until one runs out."
        )
    upload = Upload(
        id=secrets.token_hex(16), user=user, name=name, size=size, expires=timezone.now() + KEPT
    )
    path_of(upload).touch(mode=0o600)
    upload.save(force_insert=True)
    return upload


def find(user: Any, upload_id: str) -> Upload:
    """One of one's own that has not run out; `Upload.DoesNotExist` otherwise."""
    return Upload.objects.get(pk=upload_id, user=user, expires__gt=timezone.now())


def append(upload: Upload, offset: int, stream: IO[bytes]) -> int:
    """Add one piece; answers how many bytes are here now.

    A piece counts once it is written whole; of two that come at once, one is refused.
    """
    with _alone(upload) as file:
        upload.refresh_from_db(fields=["received"])
        if offset != upload.received:
            raise WrongOffset(upload.received)
        file.seek(offset)
        written = _copy(stream, file, min(CHUNK_BYTES, upload.size - offset))
        file.truncate()
        rows = Upload.objects.filter(pk=upload.pk, received=offset)
        rows.update(received=offset + written)
    return offset + written


def _room(user: Any) -> int | None:
    """Bytes of storage that neither what is stored nor what is under way takes up."""
    left = quota.left(user, "storage").remaining
    under_way = Upload.objects.filter(user=user, expires__gt=timezone.now())
    taken: int = under_way.aggregate(sum=Sum("size"))["sum"] or 0
    return None if left is None else max(0, left - taken)


def whole(upload: Upload) -> Path | None:
    """Where the file lies once it has all arrived."""
    return path_of(upload) if upload.received == upload.size else None


def discard(upload: Upload) -> None:
    """Row and bytes."""
    Upload.objects.filter(pk=upload.pk).delete()
    path_of(upload).unlink(missing_ok=True)


def clear() -> None:
    """Delete what ran out, and files on this machine whose row is gone."""
    now = timezone.now()
    for upload in Upload.objects.filter(expires__lte=now):
        discard(upload)
    left = {file.name: file for file in folder().iterdir()}
    known = Upload.objects.filter(pk__in=left).values_list("pk", flat=True)
    for name in set(left) - set(known):
        # A file is there a moment before its row.
        if left[name].stat().st_mtime < (now - ORPHANED).timestamp():
            left[name].unlink(missing_ok=True)


def folder() -> Path:
    """Where unfinished files lie."""
    place = Path(settings.STATE_DIR) / "uploads"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(upload: Upload) -> Path:
    """Its file; the name is the row's own id, nothing a person typed."""
    return folder() / upload.pk


@contextmanager
def _alone(upload: Upload) -> Iterator[IO[bytes]]:
    """The file, under a lock; `WrongOffset` when another piece is being written."""
    try:
        file = path_of(upload).open("r+b")
    except FileNotFoundError:
        raise Upload.DoesNotExist from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongOffset(upload.received) from None
        yield file


def _copy(stream: IO[bytes], file: IO[bytes], most: int) -> int:
    written = 0
    while piece := stream.read(READ_BYTES):
        written += len(piece)
        if written > most:
            raise BadPiece(f"The piece is longer than {most} bytes, which is what fits here.")
        file.write(piece)
    return written
