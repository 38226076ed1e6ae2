"""Benchmarks and boards: the same for everybody, tagged so that an unchanged one is not sent."""

from __future__ import annotations

from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router

from evaluators.suites import EVALUATOR_VERSION
from leaderboard import queries
from leaderboard.overall import subject_of
from leaderboard.records import BoardPage, DomainCard

from . import paging, schemas
from .answers import ERRORS, plain, tagged
from .auth import PerhapsReadToken

router = Router(tags=["boards"])
Protocol = Literal["clean", "official"]


@router.get("/benchmarks", auth=PerhapsReadToken(), response={200: schemas.Benchmarks, **ERRORS})
def benchmarks(request: HttpRequest) -> HttpResponse:
    """Every domain with its tests and how many entries its board has."""
    cards = queries.landing()
    return tagged(request, {"results": [_benchmark(card) for card in cards], "next": None}, "all")


@router.get(
    "/boards/{slug:domain}",
    auth=PerhapsReadToken(),
    response={200: dict[str, Any], **ERRORS},
)
def board(request: HttpRequest, domain: str, protocol: Protocol = "clean") -> HttpResponse:
    """A whole board: ranked entries and controls with intervals, tiers, tasks and costs."""
    page = _page(domain, protocol)
    body = {key: value for key, value in plain(page).items() if key != "running"}
    return tagged(request, body, f"{domain}-{protocol}", page.sequence)


@router.get(
    "/boards/{slug:domain}/entries",
    auth=PerhapsReadToken(),
    response={200: schemas.Entries, **ERRORS},
)
def entries(
    request: HttpRequest,
    domain: str,
    protocol: Protocol = "clean",
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> HttpResponse:
    """A board's ranked entries and controls in its order, a page at a time."""
    page, listing = _page(domain, protocol), f"entries.{domain}.{protocol}"
    place = paging.after(cursor, listing)
    rows = list(enumerate((*page.entries, *page.controls)))
    start = 0 if place is None else place[0] + 1
    wanted = rows[start : start + limit + 1]
    found = paging.page(wanted, limit, listing, lambda row: [row[0]])
    results = [plain(row) for _, row in found["results"]]
    body = {"sequence": page.sequence, "results": results, "next": found["next"]}
    return tagged(request, body, f"{domain}-{protocol}", page.sequence)


def _page(domain: str, protocol: Protocol) -> BoardPage:
    if subject_of(domain) is None:
        raise Http404
    return queries.board(domain, protocol)


def _benchmark(card: DomainCard) -> dict[str, Any]:
    suite = queries.suite(card.domain)
    tests = suite.tests if suite else ()
    return {
        "key": card.domain,
        "title": card.title,
        "sentence": card.sentence,
        "practice": card.practice,
        "suite_version": suite.version if suite else "",
        "evaluator_version": EVALUATOR_VERSION,
        "protocols": ["clean", "official"],
        "entries": card.entries,
        "updated": card.updated,
        "tasks": [
            {key: getattr(t, key) for key in schemas.BenchmarkTask.model_fields} for t in tests
        ],
        "url": f"/api/v1/boards/{card.domain}",
    }
