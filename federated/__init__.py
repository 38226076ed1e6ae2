"""Federated fine-tuning as a program: `python -m federated JOB_DIR` turns a job into an adapter."""
