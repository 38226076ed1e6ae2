"""The methods: what each does, where it comes from, what can be set."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leaderboard import methods


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every method and every control."""
    return render(request, "methods/index.html", {"methods": methods.cards()})


@require_safe
def method(request: HttpRequest, key: str) -> HttpResponse:
    """One method."""
    card = methods.find(key)
    if card is None:
        raise Http404(f"There is no method called {key}.")
    return render(request, "methods/method.html", {"method": card})
