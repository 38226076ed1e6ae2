"""What a log must not repeat: links and keys that let their reader in."""

from __future__ import annotations

import logging
import re

SECRETS = re.compile(
    r"(?P<before>/teams/join/|/account/confirm-email/|/account/password/reset/key/|Bearer\s+"
    r"|(?:password\w*|secret\w*|csrfmiddlewaretoken)['\"]?\s?[=:]\s?['\"]?)"
    r"(?P<secret>[^\s'\"&,;)<>\]}/]+)"
    r"|\bfl_[A-Za-z0-9_-]{20,}",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """The text with every secret in it replaced."""
    return SECRETS.sub(lambda found: f"{found['before'] or ''}[hidden]", text)


class Line(logging.Formatter):
    """A line of the log, tracebacks included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
