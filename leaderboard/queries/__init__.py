"""The reads: each a fixed number of database queries, answering frozen records."""

from .boards import board, landing
from .lists import Watched, submissions, watched
from .runs import run

__all__ = ["Watched", "board", "landing", "run", "submissions", "watched"]
