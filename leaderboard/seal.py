"""The site's signature under what it hands out, so that a copy can be told from a forgery.

Ed25519 (RFC 8032) with a key that follows from SECRET_KEY: every process of the site has it, and
a new SECRET_KEY is a new signature. The public half is on the About page.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from . import digests

Json = dict[str, Any]

FIELD = "signature"
PURPOSE = b"leaderboard run records\n"


def sealed(content: Json) -> Json:
    """The content with a signature over its canonical JSON: sorted keys, no blanks, ASCII."""
    value = _key().sign(digests.canonical(content)).hex()
    signature = {"algorithm": "ed25519", "public_key": public_key(), "value": value}
    return {**content, FIELD: signature}


def holds(content: Json, key: str | None = None) -> bool:
    """Whether the signature under a content is that of `key`, by default this site's own."""
    signature = content.get(FIELD) or {}
    rest = {name: value for name, value in content.items() if name != FIELD}
    known = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key or public_key()))
    try:
        known.verify(bytes.fromhex(str(signature.get("value", ""))), digests.canonical(rest))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key() -> str:
    """As hex digits."""
    return _key().public_key().public_bytes_raw().hex()


def _key() -> Ed25519PrivateKey:
    secret = hashlib.sha256(PURPOSE + settings.SECRET_KEY.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(secret)
