"""Where tokens and half-sent uploads are kept: small files that only their owner can read."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from .errors import Forbidden, Usage

LOCAL = "http://127.0.0.1:8000"


def known_token(server: str) -> str | None:
    """The token for a server, if there is one: FLBOARD_TOKEN, or what `login` kept."""
    found = os.environ.get("FLBOARD_TOKEN") or _read(_tokens()).get("tokens", {}).get(server)
    return str(found) if found else None


def token(server: str) -> str:
    """The token for a server."""
    found = known_token(server)
    if found is None:
        raise Forbidden(f"not signed in to {server}", "flboard login, or set FLBOARD_TOKEN")
    return found


def keep_token(server: str, found: str) -> Path:
    """Keep a token, and its server as the one that commands mean from now on."""
    known = _read(_tokens())
    tokens = {**known.get("tokens", {}), server: found}
    _write(_tokens(), {"server": server, "tokens": tokens})
    return _tokens()


def server(given: str | None) -> str:
    """The address in use: --server, FLBOARD_SERVER, the last `login`, this machine."""
    found = given or os.environ.get("FLBOARD_SERVER") or _read(_tokens()).get("server") or LOCAL
    if not found.startswith(("http://", "https://")):
        raise Usage(f"{found!r} is no server address", "write it with http:// or https://")
    return str(found).rstrip("/")


class Ledger:
    """What must survive a restart: the upload of a content, the key of a request."""

    def __init__(self, server: str) -> None:
        self.server = server

    def get(self, kind: str, digest: str) -> str | None:
        return _read(self._file(kind, digest)).get("value")

    def put(self, kind: str, digest: str, value: str) -> None:
        _write(self._file(kind, digest), {"server": self.server, "value": value})

    def drop(self, kind: str, digest: str) -> None:
        self._file(kind, digest).unlink(missing_ok=True)

    def _file(self, kind: str, digest: str) -> Path:
        name = hashlib.sha256(f"{self.server}\n{digest}".encode()).hexdigest()
        return _folder("XDG_STATE_HOME", ".local/state") / f"{kind}-{name}.json"


def _tokens() -> Path:
    return _folder("XDG_CONFIG_HOME", ".config") / "tokens.json"


def _folder(variable: str, usual: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / usual) / "flboard"


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Usage(f"{file} cannot be read: {error}", "delete it and sign in again") from None
    return found if isinstance(found, dict) else {}


def _write(file: Path, value: dict[str, Any]) -> None:
    """Whole or not at all. `mkstemp` makes files of mode 0600."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(value, opened)
    Path(name).replace(file)
