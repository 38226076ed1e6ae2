"""`python -m federated JOB_DIR`: federated fine-tuning by hand or by a worker."""

from __future__ import annotations

import sys

from .engine import run
from .program import main

USAGE = """usage: python -m federated JOB_DIR

Reads JOB_DIR/job.json; writes progress.jsonl, result.json and adapter/.
Run it again after an interruption: it goes on from its last checkpoint."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], run, USAGE))
