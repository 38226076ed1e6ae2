"""The API for programs, version 1: faces of the same reads and verbs that the pages use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from . import account, boards, errors, handing_in, runs, submissions, tokens, uploads
from .auth import PerhapsReadToken

TITLE = "FlowerTune Leaderboard"
DESCRIPTION = (
    "Everything the pages show, and everything they do. Reading what is public needs no token; "
    "make one on your tokens page and send it in the header Authorization: Bearer fl_... Shares "
    "are percent, times are seconds, moments are UTC."
)


class Api(NinjaAPI):
    """Answers that belong to one reader unless they say otherwise: nothing may store them."""

    def create_response(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        response = super().create_response(request, *args, **more)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Vary", "Authorization")
        return response

    def get_openapi_schema(self, **given: Any) -> Any:
        """Where a token is optional, the schema says so."""
        schema = super().get_openapi_schema(**given)
        for operation in (one for path in schema["paths"].values() for one in path.values()):
            if operation.get("security") == [{PerhapsReadToken.__name__: []}]:
                operation["security"].append({})
        return schema


api = Api(
    title=TITLE,
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
)
errors.install(api)
api.add_router("", account.router)
api.add_router("", boards.router)
api.add_router("", handing_in.router)
api.add_router("/submissions", submissions.router)
api.add_router("/submissions", runs.router)
api.add_router("/uploads", uploads.router)
api.add_router("/tokens", tokens.router)
