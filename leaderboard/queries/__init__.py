"""The reads: each a fixed number of database queries, answering frozen records."""

from .boards import board, landing, overall_cards
from .clients import AWAITED, clients, clients_file
from .items import item_page, item_text, items_file, items_page
from .lists import Watched, submissions, watched
from .runs import run
from .suites import suite

__all__ = [
    "AWAITED",
    "Watched",
    "board",
    "clients",
    "clients_file",
    "item_page",
    "item_text",
    "items_file",
    "items_page",
    "landing",
    "overall_cards",
    "run",
    "submissions",
    "suite",
    "watched",
]
