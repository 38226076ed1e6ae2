"""`sweep`: what the timer does, by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from leaderboard import services


class Command(BaseCommand):
    help = "Give back runs of lost workers, ring for waiting ones, rebuild dirty boards."

    def handle(self, **options: Any) -> None:
        services.sweep()
