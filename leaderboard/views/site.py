"""Pages about the site itself, and what its operators ask of it."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaderboard.domains import DOMAINS

ROBOTS = """\
User-agent: *
Disallow: /submit/
Disallow: /sign-in/
Disallow: /admin/
"""


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How the numbers are made and how far they can be trusted."""
    return render(request, "about.html", {"domains": DOMAINS.values()})


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the process answers and its database does; an error otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers are asked to leave alone."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")
