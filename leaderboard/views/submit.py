"""Handing in a recipe, field by field or as TOML; checking one without handing it in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from federated.domains import Domain as Federation
from federated.errors import EngineError
from leaderboard import queries, schema, services
from leaderboard.forms import RecipeForm, TomlForm

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
    if not form.is_bound or not form.is_valid() or form.recipe is None:
        return _page(request, federation, form)
    if request.POST.get("action") != "submit":
        return _page(request, federation, form, checked=True)
    try:
        submission = services.submit(request.user, form.recipe, form.toml)
    except EngineError as error:  # the hub had everything a moment ago, now it does not
        form.add_error(None, error.message)
        return _page(request, federation, form)
    return redirect("submission", submission.pk)


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
    request: HttpRequest, federation: Federation, form: RecipeForm | TomlForm, checked: bool = False
) -> HttpResponse:
    shown = {
        "domain": federation,
        "form": form,
        "as_toml": isinstance(form, TomlForm),
        "checked": checked,
        "domains": schema.domain_titles(),
    }
    refused = form.is_bound and not form.is_valid()
    return render(request, "submit/submit.html", shown, status=UNPROCESSABLE if refused else 200)
