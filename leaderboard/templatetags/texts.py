"""Texts of models and datasets on a page: nothing in them acts, nothing in them stays unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ..records import RunPage, ScoreCard, TaskCell
from ..sifting import Asked
from .figures import MISSING

register = template.Library()

UNSEEN = re.compile(
    r"([\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff])\1*"
    r"|(<\|[\w/ -]{1,40}\|>|</?s>)"
)
"""Runs of a character that nobody sees or that moves others; special tokens."""

CONTROLS = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
)  # fmt: skip
"""ASCII's names: the pictures that Unicode has of them are missing in many fonts."""


@register.filter
def visible(text: str) -> SafeString:
    """The text with everything unseen shown by its name or number: ESC, U+202E."""
    return format_html_join("", "{}", ((piece,) for piece in _pieces(text)))


def _pieces(text: str) -> Iterator[str]:
    end = 0
    for found in UNSEEN.finditer(text):
        yield text[end : found.start()]
        yield _token(found[2]) if found[2] else _named(found[1], len(found[0]))
        end = found.end()
    yield text[end:]


def _token(token: str) -> SafeString:
    return format_html('<span class="token">{}</span>', token)


def _named(character: str, times: int) -> SafeString:
    number = ord(character)
    name = CONTROLS[number] if number < len(CONTROLS) else f"U+{number:04X}"
    repeated = f" ×{times:,}" if times > 1 else ""
    return format_html('<span class="sign">{}{}</span>', name, repeated)


@register.filter
def logarithm(value: float | None) -> str:
    """A log-likelihood with three decimals and a real minus sign."""
    return MISSING if value is None else f"{value:.3f}".replace("-", "−")


@register.simple_tag
def items_address(run: RunPage, card: ScoreCard, task: TaskCell) -> str:
    """Where the questions behind a number are; scores that are not the newest are named."""
    newest = next(found for found in run.scores if found.protocol == card.protocol)
    asked = Asked(evaluator=card.evaluator_version, suite=card.suite_version)
    address = reverse("items", args=[run.submission_id, card.protocol, task.key])
    return address if card is newest else address + asked.query()
