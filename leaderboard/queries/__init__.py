"""The reads: each a fixed number of database queries, answering frozen records."""

from .batches import batch, batches
from .boards import board, landing, overall_cards
from .clients import AWAITED, clients, clients_file
from .feed import Told, newest
from .history import history
from .items import ItemsFile, item_page, item_text, items_file, items_page
from .lists import Watched, drafts, submissions, watched
from .provenance import drift, drift_summary, eee_record, run_record
from .runs import run
from .standing import standing, submission
from .suites import suite
from .teams import team, team_row, teams
from .told import messages, webhooks

__all__ = [
    "AWAITED",
    "ItemsFile",
    "Told",
    "Watched",
    "batch",
    "batches",
    "board",
    "clients",
    "clients_file",
    "drafts",
    "drift",
    "drift_summary",
    "eee_record",
    "history",
    "item_page",
    "item_text",
    "items_file",
    "items_page",
    "landing",
    "messages",
    "newest",
    "overall_cards",
    "run",
    "run_record",
    "standing",
    "submission",
    "submissions",
    "suite",
    "team",
    "team_row",
    "teams",
    "watched",
    "webhooks",
]
