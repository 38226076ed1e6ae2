"""Submissions: one run as it goes on, its recipe, and one person's list."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from leaderboard import queries, services
from leaderboard.records import RunPage

MOST_LISTED = 200


@never_cache
@require_safe
def run(request: HttpRequest, submission_id: str) -> HttpResponse:
    """The whole page of one submission."""
    found = _found(request, submission_id)
    page = queries.clients(submission_id, request.GET)
    return render(request, "runs/run.html", {"run": found, "page": page})


@never_cache
@require_safe
def live(request: HttpRequest, submission_id: str) -> HttpResponse:
    """Only the part that changes while the run goes on; told apart once training has ended, which
    is when the page asks for its clients."""
    found = _found(request, submission_id)
    response = render(request, "runs/live.html", {"run": found})
    if found.stage not in queries.AWAITED:
        response.headers["HX-Trigger"] = "trained"
    return response


@require_safe
def recipe(request: HttpRequest, submission_id: str) -> HttpResponse:
    """The recipe as a TOML file, for running it again."""
    text = _found(request, submission_id).recipe_toml
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{submission_id}.toml"'
    return response


@require_POST
@login_required
def cancel(request: HttpRequest, submission_id: str) -> HttpResponse:
    """End a run of one's own; the page it leads to says what came of it."""
    run = _found(request, submission_id)
    if not services.cancel(submission_id, request.user) and run.live:
        raise PermissionDenied
    return redirect("submission", submission_id)


@never_cache
@require_safe
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """The signed-in person's submissions, newest first."""
    listed = queries.submissions(request.user, MOST_LISTED)
    return render(request, "runs/mine.html", {"listed": listed})


def _found(request: HttpRequest, submission_id: str) -> RunPage:
    try:
        return queries.run(submission_id, request.user)
    except ObjectDoesNotExist:
        raise Http404(f"There is no submission called {submission_id}.") from None
