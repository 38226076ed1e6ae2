"""How the two kinds of body for handing in are described to programs."""

from __future__ import annotations

from typing import Any

SAID = (
    "What is said of it: name, domain, description, method, base_model, licence, links ... and, "
    "for numbers alone, scores as {task: percent}."
)
FIELDS: dict[str, Any] = {
    "visibility": {"type": "string", "enum": ["public", "private", "draft"], "default": "public"},
    "team": {"type": "string", "description": "The slug of a team of yours."},
    "upload": {"type": "string", "description": "The id of a file that was sent in pieces."},
}
JSON_FIELDS = {
    "recipe": {"type": "string", "description": "A recipe as TOML text."},
    "declared": {"type": "object", "description": SAID},
}
FORM_FIELDS = {
    "file": {"type": "string", "format": "binary", "description": "A zip, or a single file."},
    "declared": {"type": "string", "description": f"JSON. {SAID}"},
}


def _schema(fields: dict[str, Any]) -> dict[str, Any]:
    properties = {**fields, **FIELDS}
    return {"schema": {"type": "object", "additionalProperties": False, "properties": properties}}


BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": _schema(JSON_FIELDS),
            "multipart/form-data": _schema(FORM_FIELDS),
        },
    }
}
