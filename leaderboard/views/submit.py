"""Handing in a recipe, field by field or as TOML; checking one without handing it in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from federated.domains import Domain as Federation
from federated.errors import EngineError
from leaderboard import queries, schema, services
from leaderboard.forms import RecipeForm, TomlForm
from leaderboard.forms_upload import WhoForm
from leaderboard.services import quota

from .upload import teams_of

UNPROCESSABLE = 422


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Which board to submit to."""
    return render(request, "submit/choose.html", {"domains": queries.landing()})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submit(request: HttpRequest, domain: str) -> HttpResponse:
    """Show the form; check a recipe; or hand it in and go to its page."""
    federation = schema.federation(domain)
    if federation is None:
        raise Http404(f"There is no board called {domain}.")
    form = _form(request, federation)
    who = WhoForm(request.POST if form.is_bound else None, teams=teams_of(request))
    if not form.is_bound or not form.is_valid() or form.recipe is None or not who.is_valid():
        return _page(request, federation, form, who)
    if request.POST.get("action") != "submit":
        return _page(request, federation, form, who, checked=True)
    try:
        submission = services.hand_in.hand_in_recipe(
            request.user, form.recipe, form.toml, **_more(request, who)
        )
    except EngineError as error:  # the hub had everything a moment ago, now it does not
        form.add_error(None, error.message)
        return _page(request, federation, form, who)
    except quota.OverQuota as over:
        form.add_error(None, str(over))
        return _page(request, federation, form, who)
    return redirect("submission", submission.pk)


def _more(request: HttpRequest, who: WhoForm) -> dict[str, Any]:
    """The row's team and visibility; nothing where all is as it is by default."""
    chosen = who.cleaned_data
    team, _ = services.hand_in.team_of(request.user, chosen["team"])
    more = {"team": team, "visibility": chosen["visibility"]}
    return {name: value for name, value in more.items() if value}


def _form(request: HttpRequest, federation: Federation) -> RecipeForm | TomlForm:
    posted = request.POST if request.method == "POST" else None
    if request.GET.get("as") == "toml":
        return TomlForm(federation, posted, request.FILES, _copied(request))
    return RecipeForm(federation, posted)


def _copied(request: HttpRequest) -> str:
    """The recipe of the submission that `?from=` names, to start from."""
    source = request.GET.get("from")
    if not source:
        return ""
    try:
        return queries.run(source, request.user).recipe_toml
    except ObjectDoesNotExist:
        raise Http404(f"There is no submission called {source}.") from None


def _page(
    request: HttpRequest,
    federation: Federation,
    form: RecipeForm | TomlForm,
    who: WhoForm,
    checked: bool = False,
) -> HttpResponse:
    shown = {
        "domain": federation,
        "form": form,
        "who": who,
        "as_toml": isinstance(form, TomlForm),
        "checked": checked,
        "domains": schema.domain_titles(),
    }
    refused = form.is_bound and not (form.is_valid() and who.is_valid())
    return render(request, "submit/submit.html", shown, status=UNPROCESSABLE if refused else 200)
