"""Runs unchanged Flower apps, here or on several machines: a `Grid` whose clients are simulated."""

import os

# Before flwr is imported anywhere: an engine talks to nobody.
os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
