"""Submissions: one run as it goes on, its recipe, and one person's list."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from leaderboard import queries, services
from leaderboard.records import RunPage, Standing

MOST_LISTED = 200


@never_cache
@require_safe
def run(request: HttpRequest, submission_id: str) -> HttpResponse:
    """The whole page of one submission; only its tombstone when it was withdrawn."""
    standing = _standing(request, submission_id)
    if standing.withdrawn_at or not standing.queued:
        return render(request, "runs/aside.html", {"standing": standing})
    found = _found(request, submission_id)
    page = queries.clients(submission_id, request.GET, request.user)
    history = queries.history(submission_id, request.user)
    shown = {"run": found, "page": page, "standing": standing, "history": history}
    shown["drift"] = queries.drift(submission_id)
    return render(request, "runs/run.html", shown)


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
    if not text:
        raise Http404(f"Submission {submission_id} was not trained here and has no recipe.")
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


@require_POST
@login_required
def publish(request: HttpRequest, submission_id: str) -> HttpResponse:
    """Show a private submission to everybody, or hand in a draft, privately if asked."""
    privately = request.POST.get("as") == "private"
    verb = services.visibility.hand_in_draft if privately else services.visibility.publish
    return _act(request, submission_id, verb)


@require_POST
@login_required
def withdraw(request: HttpRequest, submission_id: str) -> HttpResponse:
    """Take a submission back; its page stays with the reason."""
    return _act(
        request, submission_id, services.visibility.withdraw, request.POST.get("reason", "")
    )


@never_cache
@require_safe
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """The signed-in person's submissions, newest first."""
    shown = {
        "listed": queries.submissions(request.user, MOST_LISTED),
        "drafts": queries.drafts(request.user),
    }
    return render(request, "runs/mine.html", shown)


def _act(
    request: HttpRequest, submission_id: str, verb: Callable[..., None], *words: str
) -> HttpResponse:
    """Do it, and go to the page; why it cannot be done is said there."""
    try:
        verb(request.user, queries.submission(submission_id, request.user), *words)
    except ObjectDoesNotExist:
        raise Http404(f"There is no submission called {submission_id}.") from None
    except services.NotPossible as error:
        messages.error(request, str(error))
    return redirect("submission", submission_id)


def _standing(request: HttpRequest, submission_id: str) -> Standing:
    try:
        return queries.standing(submission_id, request.user)
    except ObjectDoesNotExist:
        raise Http404(f"There is no submission called {submission_id}.") from None


def _found(request: HttpRequest, submission_id: str) -> RunPage:
    try:
        return queries.run(submission_id, request.user)
    except ObjectDoesNotExist:
        raise Http404(f"There is no submission called {submission_id}.") from None
