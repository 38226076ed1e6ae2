"""The site's settings with engines that have no models; for processes that tests start."""

import sys
from pathlib import Path

from leaderboard.settings import *  # noqa: F403

FAKE = str(Path(__file__).with_name("fake_engine.py"))
ENGINES = {engine: [sys.executable, FAKE, engine] for engine in ("training", "evaluation")}
