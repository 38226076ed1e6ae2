"""What is handed in, read from a body of either kind: JSON, or a form with a file.

Read by hand, because one address takes both, and because every problem is to be told at once.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import HttpRequest

from federated.naming import unknown
from federated.reading import MAX_BYTES, Problem
from leaderboard.models import VISIBILITIES, Membership, Upload
from leaderboard.services import pieces
from leaderboard.uploads import Declared, read_declared
from leaderboard.uploads.strict_json import BadJson, loads

from .errors import Refusal

KNOWN = ("recipe", "declared", "visibility", "team", "upload", "file")


class Sent(NamedTuple):
    """One body, understood as far as it can be."""

    problems: tuple[Problem, ...]
    declared: Declared
    recipe: str | None
    visibility: str
    team: str | None
    upload: Upload | None
    file: UploadedFile | None
    digest: str
    """Of everything that was sent: two requests that mean the same have the same."""

    @property
    def name(self) -> str:
        """What the file was called."""
        if self.upload is not None:
            return str(self.upload.name)
        return str(self.file.name) if self.file is not None else ""

    @contextmanager
    def source(self) -> Iterator[Path | None]:
        """Where the file lies, as long as it is needed."""
        if self.upload is not None:
            yield pieces.path_of(self.upload)
        elif isinstance(self.file, TemporaryUploadedFile):
            yield Path(self.file.temporary_file_path())
        elif self.file is not None:
            with tempfile.NamedTemporaryFile(prefix="sent-") as copy:
                for chunk in self.file.chunks():
                    copy.write(chunk)
                copy.flush()
                yield Path(copy.name)
        else:
            yield None


def read(request: HttpRequest, user: Any) -> Sent:
    """The body; a `Refusal` only where it cannot be read at all."""
    length = request.headers.get("Content-Length", "")
    most = settings.UPLOAD_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if length.isdecimal() and int(length) > most:
        raise Refusal(413, "too-large", f"{length} bytes found, at most {most} are taken.")
    if request.content_type == "application/json":
        return _understood(user, _json(request.body), None, [])
    if request.content_type == "multipart/form-data":
        return _form(request, user)
    raise Refusal(
        415, "media-type", f"found {request.content_type!r:.80}; JSON or a form was wanted."
    )


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        values = loads(content)
    except BadJson as bad:
        problem = Problem("body", bad.line, bad.message, bad.hint)
        message = "The body is not JSON as it is read here."
        raise Refusal(400, "bad-request", message, [problem]) from None
    if not isinstance(values, dict):
        raise Refusal(400, "bad-request", "The body has to be one JSON object.")
    return values


def _form(request: HttpRequest, user: Any) -> Sent:
    """Fields, and one file; `declared` is JSON in a field of its own."""
    values: dict[str, Any] = {key: request.POST[key] for key in request.POST}
    problems = [
        Problem(key, None, f"given {len(values)} times, once was wanted")
        for key, values in (*request.POST.lists(), *request.FILES.lists())
        if len(values) > 1
    ]
    problems += [
        Problem(key, None, unknown("field", key, KNOWN)) for key in request.FILES if key != "file"
    ]
    if "declared" in values:
        values["declared"], found = _declared_text(values["declared"])
        problems += found
    return _understood(user, values, request.FILES.get("file"), problems)


def _declared_text(text: str) -> tuple[Any, list[Problem]]:
    try:
        return loads(text), []
    except BadJson as bad:
        return {}, [Problem("declared", bad.line, bad.message, bad.hint)]


def _understood(
    user: Any, values: Mapping[str, Any], file: UploadedFile | None, problems: list[Problem]
) -> Sent:
    problems = [*problems, *_odd(values)]
    declared, found = _declared(values.get("declared"))
    problems += found
    upload, more = _upload(user, values.get("upload"))
    problems += _standing(user, _text(values, "visibility"), _text(values, "team"))
    ways = [way for way in (_text(values, "recipe"), upload, file) if way]
    if len(ways) > 1:
        problems.append(Problem("body", None, "a recipe, a file or an upload, one of them only"))
    return Sent(
        problems=(*problems, *more),
        declared=declared,
        recipe=_text(values, "recipe"),
        visibility=_text(values, "visibility") or "public",
        team=_text(values, "team"),
        upload=upload,
        file=file,
        digest=_digest(values, file),
    )


def _declared(said: Any) -> tuple[Declared, list[Problem]]:
    """The sound part of it, and what is wrong with the rest."""
    values = said if isinstance(said, dict) else {}
    declared, problems = read_declared(values)
    if declared is None:
        wrong = {problem.place.partition(".")[0] for problem in problems}
        declared, _ = read_declared({k: v for k, v in values.items() if k not in wrong})
    return declared or Declared(), list(problems)


def _odd(values: Mapping[str, Any]) -> list[Problem]:
    """Unknown keys, values of the wrong kind, characters that no database keeps."""
    problems = []
    for key, value in values.items():
        wanted = dict if key == "declared" else str
        if key not in KNOWN or key == "file":
            problems.append(Problem(key[:80], None, unknown("key", key[:80], KNOWN)))
        elif value is not None and not isinstance(value, wanted):
            kind = "an object" if wanted is dict else "a text"
            problems.append(Problem(key, None, f"{kind} was wanted"))
        elif "\\u0000" in ascii(value) or "\\x00" in ascii(value):
            problems.append(Problem(key, None, "a NUL character found, which is in no text"))
    recipe = values.get("recipe")
    if isinstance(recipe, str) and len(recipe) > MAX_BYTES:
        problems.append(Problem("recipe", None, f"longer than {MAX_BYTES} bytes"))
    return problems


def _standing(user: Any, visibility: str | None, team: str | None) -> list[Problem]:
    """Whose it is to be and who may see it. Of teams of others it is not said whether they are."""
    problems = []
    if visibility and visibility not in VISIBILITIES:
        wanted = ", ".join(VISIBILITIES)
        found = f"found {visibility[:20]!r}, one of {wanted} wanted"
        problems.append(Problem("visibility", None, found))
    if team and not Membership.objects.filter(user=user, team__slug=team[:80]).exists():
        problems.append(Problem("team", None, f"found {team[:40]!r}, a team of yours wanted"))
    return problems


def _upload(user: Any, upload_id: Any) -> tuple[Upload | None, list[Problem]]:
    """A whole one of one's own."""
    if not isinstance(upload_id, str) or not upload_id:
        return None, []
    try:
        upload = pieces.find(user, upload_id)
    except ObjectDoesNotExist:
        hint = "it may have been handed in, or have run out after a day"
        return None, [Problem("upload", None, "there is no such upload of yours", hint)]
    if pieces.whole(upload):
        return upload, []
    found = f"{upload.received} of {upload.size} bytes have arrived"
    return None, [Problem("upload", None, found, "send the rest first")]


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and value else None


def _digest(values: Mapping[str, Any], file: UploadedFile | None) -> str:
    digest = hashlib.sha256(repr(sorted(values.items())).encode("utf-8", "backslashreplace"))
    if file is not None:
        digest.update(repr(file.name).encode("utf-8", "backslashreplace"))
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
    return digest.hexdigest()
