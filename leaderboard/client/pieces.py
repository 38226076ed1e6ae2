"""A file in pieces: what has arrived is asked for, and sending goes on from there."""

from __future__ import annotations

from collections.abc import Callable

from .api import FIRST_WAIT, TRIES, Api
from .errors import Conflict, Gone, Limited, Unreachable
from .keys import Ledger
from .parcel import Parcel

Progress = Callable[[int, int], None]
"""Called with the bytes that have arrived and those there are."""

Passing = Unreachable | Conflict | Limited

KIND = "upload"


def send(api: Api, parcel: Parcel, ledger: Ledger, progress: Progress) -> str:
    """The id of the whole upload; one that a former run began is gone on with."""
    upload, arrived, piece = _begin(api, parcel, ledger)
    failures = 0
    while arrived < parcel.size:
        progress(arrived, parcel.size)
        before = arrived
        try:
            arrived = _send_piece(api, upload, parcel, arrived, piece)
        except (Unreachable, Conflict, Limited) as error:
            failures += 1
            arrived = _look_again(api, upload, parcel, arrived, error, failures)
        failures = failures if arrived == before else 0
    progress(parcel.size, parcel.size)
    return upload


def _look_again(
    api: Api, upload: str, parcel: Parcel, arrived: int, error: Passing, failures: int
) -> int:
    """How much has arrived in truth after a failure; raises when it is one too many."""
    if failures == TRIES:
        raise _interrupted(error, arrived, parcel.size) from None
    api.sleep(getattr(error, "retry_after", 0) or FIRST_WAIT * 2**failures)
    try:
        return _arrived(api, upload)
    except Unreachable as still:
        raise _interrupted(still, arrived, parcel.size) from None


def _begin(api: Api, parcel: Parcel, ledger: Ledger) -> tuple[str, int, int]:
    """(upload, bytes that arrived, bytes in a piece)."""
    if kept := ledger.get(KIND, parcel.digest):
        upload, _, piece = kept.partition(" ")
        try:
            return upload, _arrived(api, upload), int(piece)
        except (Gone, ValueError):
            ledger.drop(KIND, parcel.digest)  # run out or handed in; there is nothing to go on with
    made = api.post("/uploads", json={"name": parcel.name, "size": parcel.size})
    ledger.put(KIND, parcel.digest, f"{made['id']} {made['chunk_bytes']}")
    return str(made["id"]), 0, int(made["chunk_bytes"])


def _arrived(api: Api, upload: str) -> int:
    return int(api.call("HEAD", f"/uploads/{upload}").headers["Upload-Offset"])


def _send_piece(api: Api, upload: str, parcel: Parcel, offset: int, size: int) -> int:
    assert parcel.file is not None
    with parcel.file.open("rb") as opened:
        opened.seek(offset)
        content = opened.read(size)
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
    answer = api.call("PATCH", f"/uploads/{upload}", content=content, headers=headers)
    return int(answer.headers["Upload-Offset"])


def _interrupted(error: Passing, arrived: int, size: int) -> Passing:
    if arrived:
        error.hint = f"{arrived / size:.0%} have arrived; the same command goes on from there"
    return error
