"""Files in pieces: announce one, send it piece by piece, go on where it broke off."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header, Router, Status

from leaderboard.models import Upload
from leaderboard.services import pieces

from . import schemas
from .answers import ERRORS
from .auth import SubmitToken
from .errors import Refusal, refused

router = Router(tags=["uploads"])
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", auth=SubmitToken(), response={201: schemas.Upload, **ERRORS})
def begin(request: HttpRequest, given: schemas.UploadGiven) -> Any:
    """Announce a file. It is kept for a day."""
    user = request.auth.user  # type: ignore[attr-defined]
    if problems := pieces.problems(user, given.name, given.size):
        raise refused(problems)
    return Status(201, _as_dict(pieces.begin(user, given.name, given.size)))


@router.get("/{slug:upload_id}", auth=SubmitToken(), response={200: schemas.Upload, **ERRORS})
def state(request: HttpRequest, upload_id: str, response: HttpResponse) -> Any:
    """How much has arrived, in the header Upload-Offset too."""
    upload = _find(request, upload_id)
    response.headers["Upload-Offset"] = str(upload.received)
    response.headers["Upload-Length"] = str(upload.size)
    return _as_dict(upload)


@router.api_operation(
    ["HEAD"], "/{slug:upload_id}", auth=SubmitToken(), response={200: None, **ERRORS}
)
def offset(request: HttpRequest, upload_id: str, response: HttpResponse) -> Any:
    """Where the next piece starts, as the header Upload-Offset."""
    state(request, upload_id, response)
    return Status(200, None)


@router.patch(
    "/{slug:upload_id}",
    auth=SubmitToken(),
    response={204: None, **ERRORS},
    openapi_extra=BODY,
)
def append(
    request: HttpRequest,
    upload_id: str,
    response: HttpResponse,
    start: Annotated[int, Header(alias="Upload-Offset", ge=0, lt=2**63)],
) -> Any:
    """The next piece, raw. 409 tells in Upload-Offset where it has to start."""
    upload = _find(request, upload_id)
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > pieces.CHUNK_BYTES:
        most = f"a piece of at most {pieces.CHUNK_BYTES} bytes was wanted"
        raise Refusal(413, "too-large", f"{length} bytes found, {most}.")
    response.headers["Upload-Offset"] = str(pieces.append(upload, start, request))
    return Status(204, None)


@router.delete("/{slug:upload_id}", auth=SubmitToken(), response={204: None, **ERRORS})
def discard(request: HttpRequest, upload_id: str) -> Any:
    """Throw an unfinished one away."""
    pieces.discard(_find(request, upload_id))
    return Status(204, None)


def _find(request: HttpRequest, upload_id: str) -> Upload:
    user = request.auth.user  # type: ignore[attr-defined]
    return pieces.find(user, upload_id)


def _as_dict(upload: Upload) -> dict[str, Any]:
    names = ("id", "name", "size", "received", "expires")
    plain = {name: getattr(upload, name) for name in names}
    return {**plain, "chunk_bytes": pieces.CHUNK_BYTES}
