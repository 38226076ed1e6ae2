"""The verbs, each a transaction. Tasks, views and commands call these and nothing below."""

from .boards import mark_dirty, rebuild_board
from .cancel import cancel
from .publish import publish
from .reproduce import reproduction
from .requeue import NotPossible, reevaluate, requeue
from .submit import find_same, submit
from .sweep import sweep
from .work import work

__all__ = [
    "NotPossible",
    "cancel",
    "find_same",
    "mark_dirty",
    "publish",
    "rebuild_board",
    "reevaluate",
    "reproduction",
    "requeue",
    "submit",
    "sweep",
    "work",
]
