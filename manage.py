#!/usr/bin/env python
"""Django's command line for this site: `python manage.py demo finance-mini`."""

import os
import sys


def main() -> None:
    """Run one management command; a database without tables is told in a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        if "no such table" not in str(error) and "does not exist" not in str(error):
            raise
        sys.exit(f"The database is not up to date ({error}). Run: {sys.argv[0]} migrate")


if __name__ == "__main__":
    main()
