"""Accounts: those of allauth's pages that we show, at our addresses, and the way in to them."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, include, path, re_path, reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leaderboard.accounts import has_second_factor, proven_addresses

sign_out = LogoutView.as_view()


@never_cache
@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """What can be set about one's account."""
    shown = {
        "addresses": sorted(proven_addresses(request.user)),
        "second_factor": has_second_factor(request.user),
        "elsewhere": bool(settings.SOCIALACCOUNT_PROVIDERS),
    }
    return render(request, "account/index.html", shown)


@require_safe
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The site's own sign-in in the place of the admin site's; for those who may not enter too."""
    if request.user.is_authenticated and request.user.is_staff:
        return redirect("admin:index")
    if request.user.is_authenticated:
        return render(request, "403.html", status=403)
    target = request.GET.get("next") or reverse("admin:index")
    address = f"{reverse('sign-in')}?{urlencode({'next': target})}"
    return HttpResponse(status=302, headers={"Location": address})


# Two names each: ours, and the one that allauth's pages look for.
entrance: list[URLPattern] = [
    path("sign-in/", account.login, name="sign-in"),
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-out/", sign_out, name="sign-out"),
    path("sign-out/", sign_out, name="account_logout"),
    path("sign-up/", account.signup, name="account_signup"),
]
own: list[URLPattern | URLResolver] = [
    path("", index, name="account"),
    path("closed/", account.account_inactive, name="account_inactive"),
    path("again/", account.reauthenticate, name="account_reauthenticate"),
    path("again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("email/", account.email, name="account_email"),
    path(
        "confirm-email/",
        account.email_verification_sent,
        name="account_email_verification_sent",
    ),
    path("confirm-email/<str:key>/", account.confirm_email, name="account_confirm_email"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/first/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("codes/", mfa.index, name="mfa_index"),
    path("codes/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("codes/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/spare/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/spare/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("codes/spare/file/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
]
if settings.SOCIALACCOUNT_PROVIDERS:
    own.append(path("elsewhere/", include("allauth.socialaccount.urls")))
    own += [
        path("elsewhere/", include(f"allauth.socialaccount.providers.{name}.urls"))
        for name in settings.SOCIALACCOUNT_PROVIDERS
    ]
