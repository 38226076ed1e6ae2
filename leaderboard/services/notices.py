"""E-mails to submitters when a run has ended; wanted or not is theirs to say."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from leaderboard.models import Attempt, Notice, Preferences, Score

log = logging.getLogger(__name__)

WANTED = {"published": "email_finished", "failed": "email_failed"}
"""The preference behind each ending; of what people cancelled themselves they know."""
PAUSES = [timedelta(minutes=minutes) for minutes in (5, 60)]
SENDING = timedelta(minutes=10)
SALT = "leaderboard.notices"


def write(attempt: Attempt) -> int:
    """Write down the e-mail about an ended attempt, if it is wanted; how many."""
    owner = attempt.submission.owner
    if not _wanted(owner, attempt.stage) or not address_of(owner):
        return 0
    Notice.objects.get_or_create(attempt=attempt, defaults={"next_at": timezone.now()})
    return 1


def address_of(user: Any) -> str:
    """The person's verified address, or nothing."""
    known = EmailAddress.objects.filter(user=user, verified=True, user__is_active=True)
    return known.order_by("-primary", "pk").values_list("email", flat=True).first() or ""


def preferences_of(user: Any) -> Preferences:
    """What the person wants to be told; everything, until they say otherwise."""
    return Preferences.objects.filter(user=user).first() or Preferences(user=user)


def prefer(user: Any, *, finished: bool, failed: bool) -> None:
    """Keep what the person wants to be told."""
    wanted = {"email_finished": finished, "email_failed": failed}
    Preferences.objects.update_or_create(user=user, defaults=wanted)


def knows(token: str) -> bool:
    """Whether an unsubscribing link is one of ours, of an account that is still there."""
    return _addressee(token) is not None


def unsubscribe(token: str) -> bool:
    """Send no more of these e-mails to whom the link was sent; False for a link we did not make."""
    user = _addressee(token)
    if user is not None:
        prefer(user, finished=False, failed=False)
    return user is not None


def _addressee(token: str) -> Any:
    try:
        user_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return get_user_model().objects.filter(pk=user_id).first()


def due() -> Any:
    """E-mails whose time has come."""
    return Notice.objects.filter(next_at__lte=timezone.now())


def send_due() -> int:
    """Send what is due, each e-mail by whoever claims it first; how many were tried."""
    ids = list(due().order_by("next_at").values_list("pk", flat=True)[:200])
    return sum(send(notice_id) for notice_id in ids)


def send(notice_id: int) -> bool:
    """One try; False when it is not due, or somebody else makes it."""
    now = timezone.now()
    claimed = Notice.objects.filter(pk=notice_id, next_at__lte=now).update(
        next_at=now + SENDING, tries=F("tries") + 1
    )
    if not claimed:
        return False
    notice = Notice.objects.select_related("attempt__submission__owner").get(pk=notice_id)
    changes = _try(notice)
    Notice.objects.filter(pk=notice_id, tries=notice.tries).update(**changes)
    return True


def message(attempt: Attempt, address: str) -> EmailMessage:
    """The e-mail about an attempt, with a way out in one click."""
    submission = attempt.submission
    off = f"{settings.SITE_URL}/notices/off/{signing.dumps(submission.owner_id, salt=SALT)}/"
    said = {
        "attempt": attempt,
        "submission": submission,
        "scores": [
            (score.protocol, None if score.average is None else 100 * score.average)
            for score in Score.objects.filter(attempt=attempt).order_by("protocol")
        ],
        "address": f"{settings.SITE_URL}/submissions/{submission.pk}/",
        "off": off,
    }
    what = "is published" if attempt.stage == "published" else "failed"
    # A name is one line by its form; a header must not depend on that.
    subject = " ".join(f"{submission.name} {what}".split())
    body = render_to_string("account/notice.txt", said)
    headers = {
        "List-Unsubscribe": f"<{off}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(subject, body, to=[address], headers=headers)


def _try(notice: Notice) -> dict[str, Any]:
    attempt = notice.attempt
    address = address_of(attempt.submission.owner)
    if not address or not _wanted(attempt.submission.owner, attempt.stage):
        return {"next_at": None, "error": "It was not wanted any more."}
    try:
        message(attempt, address).send()
    except Exception as error:  # whatever a mail server does, the run has ended all the same
        log.warning("The e-mail about %s was not sent: %s.", attempt, type(error).__name__)
        tries = notice.tries
        again = timezone.now() + PAUSES[tries - 1] if tries <= len(PAUSES) else None
        return {"next_at": again, "error": type(error).__name__}
    return {"next_at": None, "sent_at": timezone.now(), "error": ""}


def _wanted(user: Any, stage: str) -> bool:
    return stage in WANTED and getattr(preferences_of(user), WANTED[stage])
