"""Teams: one's own, one of them, and the link that leads into one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leaderboard import queries, services
from leaderboard.accounts import proven_addresses

READ_OR_POST = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(READ_OR_POST)
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """One's teams, and a form to found another."""
    if request.method != "POST":
        return render(request, "teams/index.html", {"teams": queries.teams(request.user)})
    try:
        made = services.teams.create(request.user, request.POST.get("name", ""))
    except services.NotPossible as error:
        messages.error(request, str(error))
        return redirect("teams")
    return redirect("team", made.slug)


@never_cache
@require_safe
@login_required
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """One team, for those in it."""
    return render(request, "teams/team.html", {"team": _found(queries.team, slug, request.user)})


@require_POST
@login_required
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a link to an address; whether the address has an account is not told."""
    email = request.POST.get("email", "")

    def send(user: Any, row: Any) -> None:
        secret = services.teams.invite(user, row, email)
        link = request.build_absolute_uri(reverse("team-join", args=[secret]))
        words = {"team": row, "user": user, "link": link}
        text = render_to_string("teams/invitation.txt", words)
        try:
            send_mail(f"An invitation to the team {row.name}", text, None, [email.strip()])
        except OSError:  # the mail server's; the link is worth nothing without the mail
            raise services.NotPossible("The mail could not be sent; invite again later.") from None
        messages.success(request, f"The invitation is on its way to {email.strip()}.")

    return _act(request, slug, send)


@require_POST
@login_required
def uninvite(request: HttpRequest, slug: str, invitation: int) -> HttpResponse:
    """Make a link useless."""
    return _act(request, slug, services.teams.withdraw_invitation, invitation)


@require_POST
@login_required
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave, or take somebody out."""
    return _act(request, slug, services.teams.remove, request.POST.get("member", ""))


@require_POST
@login_required
def role(request: HttpRequest, slug: str) -> HttpResponse:
    """Make somebody an owner, or no owner."""
    member, to = request.POST.get("member", ""), request.POST.get("role", "")
    return _act(request, slug, services.teams.set_role, member, to)


@never_cache
@require_http_methods(READ_OR_POST)
@login_required
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """The page an invitation leads to; joining itself takes a button."""
    if request.method != "POST":
        return render(request, "teams/join.html", {"secret": secret})
    try:
        joined = services.teams.accept(request.user, secret, proven_addresses)
    except services.NotPossible as error:
        messages.error(request, str(error))
        return render(request, "teams/join.html", {"secret": secret}, status=422)
    return redirect("team", joined.slug)


def _act(
    request: HttpRequest, slug: str, verb: Callable[..., object], *words: object
) -> HttpResponse:
    """Do it, and go to the team's page, or to one's teams when it is no longer one's own."""
    row = _found(queries.team_row, slug, request.user)
    try:
        verb(request.user, row, *words)
    except services.NotPossible as error:
        messages.error(request, str(error))
    still = any(one.slug == slug for one in queries.teams(request.user))
    return redirect("team", slug) if still else redirect("teams")


def _found(read: Callable[[str, Any], Any], slug: str, user: Any) -> Any:
    try:
        return read(slug, user)
    except ObjectDoesNotExist:
        raise Http404(f"There is no team called {slug}.") from None
