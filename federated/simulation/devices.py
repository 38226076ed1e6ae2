"""What this machine has to run clients on."""

from __future__ import annotations

import os
import sys
from typing import Any


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def device() -> str:
    """The class of this machine's workers: the GPU's name, or "cpu"."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return "cpu"
    return str(torch.cuda.get_device_name())
