"""How records become answers: plain values, addresses, and tags of what everybody may see."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response

from leaderboard.queries.summaries import Summary

from . import schemas

PUBLIC = "public"
"""The visibility that is part of a tag: a private answer has no tag at all and is not stored."""
ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429), schemas.Error)


def plain(value: Any) -> Any:
    """Records as dictionaries, all the way down."""
    if hasattr(value, "_asdict"):
        return {key: plain(inner) for key, inner in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    return value


def as_submission(request: HttpRequest, found: Summary) -> dict[str, Any]:
    address = request.build_absolute_uri(reverse("submission", args=[found.id]))
    return {**plain(found), "url": address}


def tagged(request: HttpRequest, body: Any, *key: Any) -> HttpResponse:
    """A public answer under a strong tag; 304 when the reader has it already.

    `key` is (board, sequence); the digest also covers what is read at the moment, a flag say.
    """
    content = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, allow_nan=False)
    digest = hashlib.sha256(content.encode()).hexdigest()[:24]
    tag = '"' + ".".join(map(str, (*key, PUBLIC, digest))) + '"'
    whole = HttpResponse(content, content_type="application/json; charset=utf-8")
    whole.headers["ETag"] = tag
    answer = get_conditional_response(request, etag=tag, response=whole) or whole
    answer.headers["ETag"], answer.headers["Cache-Control"] = tag, "no-cache"
    return answer
