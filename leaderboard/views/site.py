"""Pages about the site itself, and what its operators ask of it."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaderboard import queries, seal
from leaderboard.domains import DOMAINS

ROBOTS = """\
User-agent: *
Disallow: /submit/
Disallow: /sign-in/
Disallow: /sign-up/
Disallow: /account/
Disallow: /notices/
Disallow: /teams/
Disallow: /admin/
"""


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How the numbers are made and how far they can be trusted."""
    drift, key = queries.drift_summary(), seal.public_key()
    shown = {"domains": DOMAINS.values(), "drift": drift, "key": key}
    return render(request, "about.html", shown)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the process answers and its database does; an error otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Somebody asked too often; counting starts again within the minute."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "60"
    return response


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116)."""
    expires = timezone.now().replace(microsecond=0) + timedelta(days=180)
    contact = settings.SECURITY_CONTACT or request.build_absolute_uri(reverse("about"))
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers are asked to leave alone."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")
