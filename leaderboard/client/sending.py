"""Check and submit: one request with the file in it, or the file in pieces and then the request."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import display, pieces
from .api import Api, Json
from .errors import Conflict, Refused
from .keys import Ledger
from .parcel import Parcel, packed

IN_ONE = 4 * 1024**2
"""Larger files go in pieces."""
KEY = "request"


class Sent(NamedTuple):
    """What a command line asks to be handed in."""

    path: Path | None
    declared: Mapping[str, Any]
    visibility: str
    team: str | None


def check(api: Api, sent: Sent) -> Json:
    """The server's verdict; nothing is handed in."""
    with _parcel(sent) as parcel:
        upload = _upload(api, parcel, Ledger(api.server))
        return dict(api.post("/validate", again=True, **_request(sent, parcel, upload)))


def submit(api: Api, sent: Sent) -> Json:
    """The new submission. Until its answer has come, the same command asks for the same one."""
    ledger = Ledger(api.server)
    with _parcel(sent) as parcel:
        digest = _request_digest(sent, parcel)
        answer = _asked_before(api, sent, parcel, ledger.get(KEY, digest))
        if answer is None:
            upload = _upload(api, parcel, ledger)
            key = secrets.token_hex(16)
            ledger.put(KEY, digest, f"{key} {upload}")
            answer = _post(api, sent, parcel, key, upload, lambda: ledger.drop(KEY, digest))
        ledger.drop(KEY, digest)
        ledger.drop(pieces.KIND, parcel.digest)
        return answer


def _asked_before(api: Api, sent: Sent, parcel: Parcel, kept: str | None) -> Json | None:
    """The answer to a request whose answer was lost; None where it has to be asked anew."""
    if not kept:
        return None
    key, _, upload = kept.partition(" ")
    try:
        return _post(api, sent, parcel, key, upload)
    except Conflict:
        raise  # still being answered: another request could make a second one
    except Refused:
        return None


def _post(
    api: Api, sent: Sent, parcel: Parcel, key: str, upload: str,
    refused: Callable[[], None] = lambda: None,
) -> Json:  # fmt: skip
    request = _request(sent, parcel, upload)
    headers = {"Idempotency-Key": key}
    if "files" in request:  # the same bytes each time
        headers["Content-Type"] = f"multipart/form-data; boundary={key}"
    try:
        return dict(api.post("/submissions", again=True, headers=headers, **request))
    except Conflict:
        raise
    except Refused:
        refused()
        raise


@contextmanager
def _parcel(sent: Sent) -> Iterator[Parcel]:
    if sent.path is None:
        yield Parcel(hashlib.sha256(_canonical(dict(sent.declared))).hexdigest())
        return
    with packed(sent.path) as parcel:
        yield parcel


def _upload(api: Api, parcel: Parcel, ledger: Ledger) -> str:
    """The id of a file that was sent in pieces; empty for what fits into the request."""
    return _in_pieces(api, parcel, ledger) if parcel.size > IN_ONE else ""


def _request(sent: Sent, parcel: Parcel, upload: str) -> dict[str, Any]:
    about: dict[str, Any] = {"visibility": sent.visibility}
    if sent.team:
        about["team"] = sent.team
    if parcel.file is not None and not upload:
        file = (parcel.name, parcel.file.read_bytes(), "application/octet-stream")
        about["declared"] = json.dumps(dict(sent.declared))
        return {"data": about, "files": {"file": file}}
    about["declared"] = dict(sent.declared)
    if parcel.recipe is not None:
        about["recipe"] = parcel.recipe
    if upload:
        about["upload"] = upload
    return {"json": about}


def _in_pieces(api: Api, parcel: Parcel, ledger: Ledger) -> str:
    line = display.Line()

    def show(arrived: int, size: int) -> None:
        text = f"{parcel.name}  {display.size(arrived)} of {display.size(size)}"
        line.show(text, arrived, size)

    try:
        return pieces.send(api, parcel, ledger, show)
    finally:
        line.end()


def _request_digest(sent: Sent, parcel: Parcel) -> str:
    words = [parcel.digest, dict(sent.declared), sent.visibility, sent.team]
    return hashlib.sha256(_canonical(words)).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
