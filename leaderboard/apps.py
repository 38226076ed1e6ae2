"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig


class LeaderboardConfig(AppConfig):
    """Submissions, their runs, and the boards."""

    name = "leaderboard"
    verbose_name = "Leaderboard"
