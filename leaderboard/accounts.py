"""Our rules for accounts, where allauth asks for them: who may sign up, who must prove an address.

Accounts that an operator makes on the command line have no address to prove; they sign in as they
are.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.validators import RegexValidator
from django.http import HttpRequest

NAME_RULES = [
    RegexValidator(
        r"\A[A-Za-z0-9][A-Za-z0-9._-]{1,38}\Z",
        "2 to 39 letters, figures, dots, dashes and underlines are wanted, a letter or figure "
        "first; the name stands on the board.",
    )
]
ALLAUTHS_STAGE = "allauth.account.stages.EmailVerificationStage"


class Adapter(DefaultAccountAdapter):
    """What allauth does otherwise than by default."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """SIGN_UP=false closes the door; those inside stay."""
        return bool(settings.SIGN_UP)

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """The address an account was opened with is changed, never taken away."""
        return not email_address.primary and super().can_delete_email(email_address)

    def get_login_stages(self) -> list[str]:
        """With our own way of asking for a proven address."""
        ours = f"{ProvenAddress.__module__}.{ProvenAddress.__qualname__}"
        return [ours if path == ALLAUTHS_STAGE else path for path in super().get_login_stages()]


class ProvenAddress(EmailVerificationStage):
    """Asked of everybody who signed up; not of accounts that came without an address."""

    def handle(self) -> Any:
        user = self.login.user
        if user and not EmailAddress.objects.filter(user=user, primary=True).exists():
            return None, True
        return super().handle()


def proven_addresses(user: Any) -> set[str]:
    """Addresses that `user` has shown to be theirs, in small letters."""
    rows = EmailAddress.objects.filter(user=user, verified=True)
    return {email.lower() for email in rows.values_list("email", flat=True)}


def has_second_factor(user: Any) -> bool:
    """Whether signing in asks `user` for a code of an authenticator app."""
    totp = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    return bool(user.is_authenticated and totp.exists())
