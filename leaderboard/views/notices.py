"""What one is told when a run has ended: e-mails, and messages to addresses of one's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from leaderboard import queries
from leaderboard.outbound import Refused
from leaderboard.services import notices, webhooks

UNPROCESSABLE = 422
LARGEST_ID = 2**63 - 1


class PreferencesForm(forms.Form):
    """Which e-mails are wanted."""

    finished = forms.BooleanField(label="When a submission of mine has been scored", required=False)
    failed = forms.BooleanField(label="When a submission of mine failed", required=False)


class WebhookForm(forms.Form):
    """An address that takes messages."""

    url = forms.CharField(
        label="Address",
        max_length=500,
        help_text="Begins with https:// and can be reached from the internet.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """What is wanted, the addresses, the last messages; a POST keeps which e-mails are wanted."""
    if request.method != "POST":
        return _page(request)
    form = PreferencesForm(request.POST)
    if form.is_valid():
        notices.prefer(request.user, **form.cleaned_data)
    return redirect("notices")


@never_cache
@require_POST
@login_required
@sensitive_variables("made")
def add(request: HttpRequest) -> HttpResponse:
    """Register an address; the page that answers shows its secret, once."""
    form = WebhookForm(request.POST, auto_id="field-%s")
    if not form.is_valid():
        return _page(request, form=form)
    try:
        made = webhooks.register(request.user, form.cleaned_data["url"])
    except Refused as refused:
        form.add_error("url", str(refused))
        return _page(request, form=form)
    return _page(request, made=made)


@require_POST
@login_required
def remove(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Forget one of one's own addresses."""
    if webhook_id > LARGEST_ID or not webhooks.remove(request.user, webhook_id):
        raise Http404("There is no such address.")
    return redirect("notices")


@require_POST
@login_required
def test(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Send a message that says nothing; what became of it is in the list."""
    if webhook_id > LARGEST_ID or webhooks.send_test(request.user, webhook_id) is None:
        raise Http404("There is no such address.")
    return redirect("notices")


# A mail program sends this POST itself (RFC 8058), from nowhere; the signed link is the permission.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def off(request: HttpRequest, token: str) -> HttpResponse:
    """No more e-mails to whom the link was sent: asked on GET, done on POST."""
    if not notices.knows(token):
        raise Http404("This is not a link we made.")
    done = request.method == "POST" and notices.unsubscribe(token)
    return render(request, "account/notices_off.html", {"done": done})


def _page(
    request: HttpRequest, form: WebhookForm | None = None, made: webhooks.Registered | None = None
) -> HttpResponse:
    wanted = notices.preferences_of(request.user)
    told = {"finished": wanted.email_finished, "failed": wanted.email_failed}
    shown: dict[str, Any] = {
        "preferences": PreferencesForm(initial=told, auto_id="field-%s"),
        "address": notices.address_of(request.user),
        "form": form or WebhookForm(auto_id="field-%s"),
        "made": made,
        "webhooks": queries.webhooks(request.user),
        "messages": queries.messages(request.user),
    }
    status = UNPROCESSABLE if form is not None else 200
    return render(request, "account/notices.html", shown, status=status)
