"""The verbs, each a transaction. Tasks, views and commands call these and nothing below."""

from . import acts, batches, choosing, flags, hand_in, teams, visibility
from .boards import mark_dirty, rebuild_board
from .cancel import cancel
from .publish import publish
from .reproduce import reproduction
from .requeue import NotPossible, reevaluate, requeue
from .submit import find_same, submit
from .sweep import sweep
from .telling import send_messages
from .work import work

__all__ = [
    "NotPossible",
    "acts",
    "batches",
    "cancel",
    "choosing",
    "find_same",
    "flags",
    "hand_in",
    "mark_dirty",
    "publish",
    "rebuild_board",
    "reevaluate",
    "reproduction",
    "requeue",
    "send_messages",
    "submit",
    "sweep",
    "teams",
    "visibility",
    "work",
]
