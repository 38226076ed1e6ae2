"""The API's own page: its OpenAPI description, laid out here, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from . import api

Json = dict[str, Any]
WHO = {
    "AnyToken": "any token",
    "ReadToken": "a token with read",
    "PerhapsReadToken": "anybody, or a token with read",
    "SubmitToken": "a token with submit",
    "ManageToken": "a token with manage",
}
TITLES = {
    "boards": "Benchmarks and boards",
    "submissions": "Submissions",
    "runs": "Runs, items and records",
    "uploads": "Files in pieces",
    "account": "Account",
    "tokens": "Tokens",
}


class Field(NamedTuple):
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: str
    needed: bool
    words: str


class Operation(NamedTuple):
    """What one method does at one address."""

    method: str
    path: str
    words: str
    who: str
    parameters: tuple[Field, ...]
    bodies: tuple[tuple[str, tuple[Field, ...]], ...]
    """(media type, fields)."""
    answer: str
    """Status and what comes with it."""


class Section(NamedTuple):
    key: str
    title: str
    operations: tuple[Operation, ...]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation and every record, from the same description that programs read."""
    schema = api.get_openapi_schema()
    models = schema["components"]["schemas"]
    shown = {
        "about": schema["info"]["description"],
        "sections": _sections(schema),
        "records": [(name, tuple(_fields(model))) for name, model in sorted(models.items())],
    }
    return render(request, "api/docs.html", shown)


def _sections(schema: Json) -> list[Section]:
    found: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            read = _operation(schema, method.upper(), path, operation)
            found.setdefault(operation["tags"][0], []).append(read)
    return [Section(key, title, tuple(found.get(key, ()))) for key, title in TITLES.items()]


def _operation(schema: Json, method: str, path: str, operation: Json) -> Operation:
    schemes = [name for choice in operation.get("security", ()) for name in choice]
    content = operation.get("requestBody", {}).get("content", {})
    return Operation(
        method=method,
        path=path,
        words=operation.get("description", ""),
        who=WHO[schemes[0]] if schemes else "anybody",
        parameters=tuple(
            Field(p["name"], _kind(p["schema"]), p["required"], p.get("description", ""))
            for p in operation.get("parameters", ())
            if p["in"] != "path"
        ),
        bodies=tuple(
            (media, tuple(_fields(_resolved(schema, body["schema"]))))
            for media, body in content.items()
        ),
        answer=_answer(operation["responses"]),
    )


def _answer(responses: Json) -> str:
    status = next(code for code in responses if int(code) < 400)
    content = responses[status].get("content", {}).get("application/json", {})
    return f"{status} {_kind(content['schema'])}" if content else str(status)


def _fields(model: Json) -> Iterator[Field]:
    needed = model.get("required", ())
    for name, field in model.get("properties", {}).items():
        yield Field(name, _kind(field), name in needed, field.get("description", ""))


def _resolved(schema: Json, model: Json) -> Json:
    name = model.get("$ref", "").rpartition("/")[2]
    found: Json = schema["components"]["schemas"][name] if name else model
    return found


def _kind(field: Json) -> str:
    """A type in words: "string", "Score, list", "integer or null"."""
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "anyOf" in field:
        return " or ".join(_kind(choice) for choice in field["anyOf"])
    if "enum" in field:
        return " or ".join(f'"{value}"' for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return str(field.get("format") or field.get("type", "anything"))
