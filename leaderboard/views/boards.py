"""The landing page and the boards, for people and for programs."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, get_args

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from leaderboard import arranging, queries
from leaderboard.overall import OVERALLS, subject_of
from leaderboard.records import BoardPage, Protocol

NEWEST = 8
NOT_IN_JSON = {"running"}
"""Left out of the JSON, which changes only when the board does."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, the boards with their leaders, the newest submissions."""
    cards = [*queries.overall_cards(), *queries.landing()]
    shown = {
        "boards": [card for card in cards if not card.practice],
        "practice": [card for card in cards if card.practice],
        "newest": queries.submissions(None, NEWEST),
    }
    return render(request, "home.html", shown)


@require_safe
def board(request: HttpRequest, domain: str) -> HttpResponse:
    """One board, under the protocol and in the order the address asks for."""
    page = _page(request, domain)
    shown = {
        "board": page,
        "view": arranging.arrange(page, request.GET),
        "tabs": tabs(page.practice),
        "others": next(board for board in OVERALLS.values() if board.practice != page.practice),
    }
    return render(request, "boards/board.html", shown)


@require_safe
def board_json(request: HttpRequest, domain: str) -> HttpResponse:
    """The same board for programs; unchanged boards answer 304."""
    response = JsonResponse(_as_dict(_page(request, domain)))
    response.headers["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    response.headers["Cache-Control"] = "no-cache"
    answer = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    return answer or response


def tabs(practice: bool) -> list[tuple[str, str]]:
    """(key, title) of the boards beside this one: the overall one, then its domains."""
    overall = next(board for board in OVERALLS.values() if board.practice == practice)
    return [(overall.key, "Overall"), *overall.tasks]


def _page(request: HttpRequest, domain: str) -> BoardPage:
    protocol: Any = request.GET.get("protocol", "clean")
    if subject_of(domain) is None:
        raise Http404(f"There is no board called {domain}.")
    if protocol not in get_args(Protocol):
        raise Http404(f"There is no way of scoring called {protocol}.")
    return queries.board(domain, protocol)


def _as_dict(page: BoardPage) -> dict[str, Any]:
    """The record's own names, all the way down."""
    plain = {key: _plain(value) for key, value in page._asdict().items()}
    return {key: value for key, value in plain.items() if key not in NOT_IN_JSON}


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {key: _plain(inner) for key, inner in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
