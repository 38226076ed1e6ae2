"""What holds for every answer: nothing but our own files may run or be shown on a page, pages for
one reader are kept by nobody, and staff prove themselves twice.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from .accounts import has_second_factor

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        " ".join(("form-action 'self'", *settings.SIGN_IN_HOSTS)),
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

Answer = Callable[[HttpRequest], HttpResponseBase]


def security_headers(answer: Answer) -> Answer:
    """Add the headers that a view has not set itself."""

    def with_headers(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return with_headers


def private_to_its_reader(answer: Answer) -> Answer:
    """What is made for somebody who signed in is kept by no cache, unless its view says more."""

    def kept_by_nobody(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return kept_by_nobody


def second_factor_of_staff(answer: Answer) -> Answer:
    """The admin site opens to those only whose sign-in asks for a code."""

    def asked_twice(request: HttpRequest) -> HttpResponseBase:
        inside = request.path.startswith(reverse("admin:index"))
        if not (inside and settings.STAFF_NEEDS_TOTP and request.user.is_staff):
            return answer(request)
        if has_second_factor(request.user):
            return answer(request)
        messages.warning(request, "Staff sign in with a code too: set up an authenticator app.")
        return redirect("mfa_activate_totp")

    return asked_twice
