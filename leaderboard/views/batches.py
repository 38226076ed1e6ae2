"""Re-evaluation for staff: start a batch, follow it, see what it would change, flip the board."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from leaderboard import queries, services
from leaderboard.domains import DOMAINS
from leaderboard.models import Batch
from leaderboard.services import batches, choosing

MAY = "leaderboard.change_submission"
View = Callable[..., HttpResponse]


def for_staff(view: View) -> View:
    """Whoever may not act here is not told that there is anything."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff or not request.user.has_perm(MAY):
            raise Http404("There is no such page.")
        return view(request, *args, **kwargs)

    return guarded


@never_cache
@require_safe
@for_staff
def listing(request: HttpRequest) -> HttpResponse:
    """All batches, and the form that starts one."""
    shown = {"batches": queries.batches(), "domains": DOMAINS.values(), "asked": request.GET}
    return render(request, "batches/list.html", shown)


@require_POST
@for_staff
def start(request: HttpRequest) -> HttpResponse:
    """Choose submissions and evaluate them again."""
    form = request.POST
    domain, reason = form.get("domain", ""), form.get("reason", "")
    try:
        chosen = choose(domain, form.get("which", ""), form.get("what", ""))
        started = batches.start(request.user, domain, chosen, reason)
    except services.NotPossible as error:
        messages.error(request, str(error))
        return redirect("batches")
    for sentence in started.refused:
        messages.warning(request, sentence)
    messages.success(
        request, f"{started.queued} queued, {started.scored} have a score of this version already."
    )
    return redirect("batch", started.batch.pk)


@never_cache
@require_safe
@for_staff
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One batch with its members and what a flip would do."""
    try:
        page = queries.batch(batch_id)
    except Batch.DoesNotExist:
        raise Http404(f"There is no batch {batch_id}.") from None
    return render(request, "batches/batch.html", {"batch": page, "line": page.line})


@require_POST
@for_staff
def flip(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Let the board show the new version."""
    left_out = request.POST.getlist("left_out")
    return _act(request, batch_id, batches.flip, "The board shows the new version.", left_out)


@require_POST
@for_staff
def drop(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Give the batch up."""
    return _act(request, batch_id, batches.drop, "The batch is dropped; the board stays as it is.")


@require_POST
@for_staff
def retry(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One more attempt for a member."""
    found, reason = get_object_or_404(Batch, pk=batch_id), request.POST.get("reason", "")
    member = request.POST.get("submission", "")
    return _tried(
        request, found, lambda: batches.retry(request.user, found, member, reason), "Queued again."
    )


def choose(domain: str, which: str, what: str) -> list[Any]:
    """The submissions that a form or a command names."""
    if which == "board":
        return choosing.on_board(domain)
    if which == "older":
        return choosing.older_than(domain, what.strip())
    return choosing.named(domain, what.replace(",", " ").split())


def _act(
    request: HttpRequest, batch_id: int, verb: Callable[..., None], done: str, *more: Any
) -> HttpResponse:
    found, reason = get_object_or_404(Batch, pk=batch_id), request.POST.get("reason", "")
    return _tried(request, found, lambda: verb(request.user, found, reason, *more), done)


def _tried(request: HttpRequest, found: Batch, act: Callable[[], None], done: str) -> HttpResponse:
    try:
        act()
    except services.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("batch", found.pk)
