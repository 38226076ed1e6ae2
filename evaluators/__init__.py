"""Evaluation as a program: `python -m evaluators JOB_DIR` turns an adapter into scores."""
