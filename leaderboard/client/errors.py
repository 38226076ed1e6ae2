"""What ends a command early, each with its exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DONE, REFUSED, USAGE, FORBIDDEN, NETWORK, LIMITED = range(6)

Problems = Sequence[Mapping[str, Any]]


class ClientError(Exception):
    """A sentence for the user; `problems` are the server's {place, line, message, hint}."""

    exit_code = REFUSED
    default_code = "refused"

    def __init__(
        self, message: str, hint: str = "", *, code: str = "", problems: Problems = ()
    ) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
        self.code = code or self.default_code
        self.problems = tuple(problems)

    def as_json(self) -> dict[str, Any]:
        """In the shape of the API's own errors."""
        error = {"code": self.code, "message": self.message, "problems": list(self.problems)}
        return {"error": {**error, "hint": self.hint} if self.hint else error}


class Refused(ClientError):
    """The server understood and said no, or a run failed."""


class Conflict(Refused):
    """Another request is in the way: the same one still being answered, or another piece."""

    default_code = "conflict"


class Gone(Refused):
    """There is no such thing, or not any more."""

    default_code = "not-found"


class Usage(ClientError):
    """The command cannot be carried out as it was typed."""

    exit_code, default_code = USAGE, "usage"


class Forbidden(ClientError):
    """Not signed in, or not allowed."""

    exit_code, default_code = FORBIDDEN, "forbidden"


class Unreachable(ClientError):
    """No answer, or none that the API gives."""

    exit_code, default_code = NETWORK, "network"


class Broken(Unreachable):
    """The server failed in a way that another try will not mend."""


class Limited(ClientError):
    """Too many requests, or a quota is used up."""

    exit_code, default_code = LIMITED, "limited"

    def __init__(
        self, message: str, hint: str = "", *, retry_after: float = 0, **more: Any
    ) -> None:
        super().__init__(message, hint, **more)
        self.retry_after = retry_after
