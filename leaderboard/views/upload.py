"""Handing in what was made elsewhere: an adapter, outputs, numbers; or only checking it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leaderboard import services
from leaderboard.forms_upload import UploadForm
from leaderboard.services import quota
from leaderboard.services.hand_in import Checked, Refused
from leaderboard.services.incoming import incoming

UNPROCESSABLE, TOO_MANY = 422, 429


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """Show the form; check an upload; or hand it in and go to its page."""
    form = _form(request)
    if not form.is_bound:
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, problems=form.problems, status=UNPROCESSABLE)
    with on_disk(form.chosen) as source:
        if request.POST.get("action") != "submit":
            return _checked(request, form, source)
        return _handed_in(request, form, source)


def _checked(request: HttpRequest, form: UploadForm, source: Path | None) -> HttpResponse:
    name = form.chosen.name if form.chosen else ""
    checked = services.hand_in.check(request.user, source, name or "", form.declared)
    refused = bool(checked.found.problems)
    return _page(
        request,
        form,
        problems=checked.found.problems,
        checked=checked,
        status=UNPROCESSABLE if refused else 200,
    )


def _handed_in(request: HttpRequest, form: UploadForm, source: Path | None) -> HttpResponse:
    values = form.cleaned_data
    try:
        submission = services.hand_in.hand_in(
            request.user,
            source,
            (form.chosen.name if form.chosen else "") or "",
            form.declared,
            team=values["team"] or None,
            visibility=values["visibility"] or "public",
        )
    except Refused as refused:
        return _page(request, form, problems=refused.problems, status=UNPROCESSABLE)
    except quota.OverQuota as over:
        return _page(request, form, over=over, status=TOO_MANY)
    return redirect("submission", submission.pk)


@contextmanager
def on_disk(chosen: UploadedFile | None) -> Iterator[Path | None]:
    """The sent file under a name of ours, as long as it is needed."""
    if chosen is None:
        yield None
        return
    with tempfile.NamedTemporaryFile(dir=incoming()) as file:
        for chunk in chosen.chunks():
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def teams_of(request: HttpRequest) -> list[tuple[str, str]]:
    """(slug, name) of the teams that the signed-in person is in."""
    return list(request.user.teams.values_list("slug", "name"))  # type: ignore[union-attr]


def _form(request: HttpRequest) -> UploadForm:
    teams = teams_of(request)
    if request.method == "POST":
        return UploadForm(request.POST, request.FILES, teams=teams)
    return UploadForm(initial={"domain": request.GET.get("domain", "")}, teams=teams)


def _page(
    request: HttpRequest,
    form: UploadForm,
    *,
    problems: tuple[Any, ...] = (),
    checked: Checked | None = None,
    over: quota.OverQuota | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = {
        "form": form,
        "problems": problems,
        "checked": checked,
        "over": over,
        "left": quota.left(request.user),
    }
    return render(request, "submit/upload.html", shown, status=status)
