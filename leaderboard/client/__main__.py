"""`python -m leaderboard.client`."""

from .main import run

run()
