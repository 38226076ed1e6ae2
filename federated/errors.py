"""What can go wrong in an engine, in words for the person who submitted the run."""

from __future__ import annotations


class EngineError(Exception):
    """A failure with a stable code, a sentence, a hint, and whether trying again can help.

    `permanent` means the run will fail the same way again: it is never retried.
    """

    code = "engine-failed"
    permanent = True

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_dict(self) -> dict[str, str | bool]:
        """The error as `result.json` stores it."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "permanent": self.permanent,
        }


class BadJob(EngineError):
    """`job.json` is missing, unreadable or does not fit its schema."""

    code = "bad-job"


class NotInHub(EngineError):
    """A dataset, a base model or a revision that the hub does not have."""

    code = "not-in-hub"


class HubUnreachable(EngineError):
    """The hub did not answer; the same request may succeed later."""

    code = "hub-unreachable"
    permanent = False


class BadData(EngineError):
    """A dataset without the columns or rows that its use needs."""

    code = "bad-data"


class OverBudget(EngineError):
    """The run sent more bytes than its budget allows."""

    code = "over-budget"


class Diverged(EngineError):
    """A loss or a weight that is no longer a finite number."""

    code = "diverged"


class OutOfMemory(EngineError):
    """The machine ran out of memory for this run."""

    code = "out-of-memory"


class LanesRefused(EngineError):
    """A model whose clients cannot share a forward pass and have to train one after another."""

    code = "lanes-refused"


class ClientsFailed(EngineError):
    """No client of a round returned an update."""

    code = "clients-failed"


class Busy(EngineError):
    """Another process is working in the same job directory."""

    code = "busy"
    permanent = False


class Interrupted(EngineError):
    """The run was asked to stop; it resumes from its last checkpoint."""

    code = "interrupted"
    permanent = False
