"""Runs unchanged Flower apps on this machine: a `Grid` whose clients are simulated."""
