"""One's API tokens: made, listed, revoked. A new one's text is on the page that answers, once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from leaderboard.services import NotPossible, tokens

UNPROCESSABLE = 422
LIFETIMES = [(7, "a week"), (30, "a month"), (90, "three months"), (365, "a year")]


class TokenForm(forms.Form):
    """What a new token is called, what it may do, and for how long."""

    name = forms.CharField(
        max_length=80, help_text="What you will know it by, for example the machine it is for."
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=list(tokens.MEANING.items()),
        initial=["read", "submit"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    days = forms.TypedChoiceField(
        label="It lasts", choices=LIFETIMES, coerce=int, initial=tokens.DEFAULT_DAYS
    )

    def clean(self) -> dict[str, Any]:
        """The same checks as the API's."""
        given = {**{"name": "", "scopes": [], "days": 0}, **self.cleaned_data}
        for problem in tokens.problems(given["name"], given["scopes"], given["days"]):
            if problem.place not in self.errors:
                self.add_error(problem.place, problem.message)
        return self.cleaned_data


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@sensitive_variables("made")
def listing(request: HttpRequest) -> HttpResponse:
    """The living tokens and a form for another; a POST makes it and shows its text."""
    form = TokenForm(request.POST if request.method == "POST" else None, auto_id="field-%s")
    if not form.is_bound or not form.is_valid():
        return _page(request, form)
    try:
        made = tokens.make(request.user, **form.cleaned_data)
    except NotPossible as reason:
        form.add_error(None, str(reason))
        return _page(request, form)
    return _page(request, TokenForm(auto_id="field-%s"), made=made)


@require_POST
@login_required
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of one's own."""
    if token_id >= 2**63 or not tokens.revoke(request.user, token_id):
        raise Http404("There is no such token.")
    return redirect("tokens")


def _page(request: HttpRequest, form: TokenForm, made: tokens.Made | None = None) -> HttpResponse:
    shown = {"form": form, "made": made, "tokens": list(tokens.living(request.user))}
    refused = form.is_bound and bool(form.errors)
    return render(request, "account/tokens.html", shown, status=UNPROCESSABLE if refused else 200)
