"""The simulator's benchmark: the same federated learning by our engine, by others, by a bare loop.

Every system runs in a process of its own (`python -m tests.benchmarks.simulator`), so imports and
start-up count and a crash is one row of the table.
"""
