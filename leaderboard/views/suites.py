"""The tests of a board."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leaderboard import queries


@require_safe
def suite(request: HttpRequest, domain: str) -> HttpResponse:
    """What is asked, of which data, and how answers are read."""
    page = queries.suite(domain)
    if page is None:
        raise Http404(f"There is no board called {domain}.")
    return render(request, "suites/suite.html", {"suite": page})
