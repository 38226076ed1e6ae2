"""What one client takes: time, processor time, peak memory."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from .work import Facts

WORTH_MEASURING = 0.005
"""Seconds. Resetting and reading the kernel's high-water mark takes about 50 microseconds, which is
too much beside a client that is done sooner than this; such a client carries no memory figure."""

RESET_PEAK = "5"  # proc(5), clear_refs: start VmHWM anew


class Meter:
    """Measures clients one after another, in the process that runs them.

    `peak_memory` is the highest resident size of the whole process during the client, its model
    and data included; `gpu_memory` the most that torch had allocated.
    """

    def __init__(self) -> None:
        self._long = True
        self._resets = False
        self._start = self._cpu = 0.0

    def begin(self) -> None:
        """A client starts."""
        if self._long:
            self._resets = _reset_peak()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.reset_peak_memory_stats()
        self._start, self._cpu = time.monotonic(), time.process_time()

    def end(self) -> Facts:
        """It is done."""
        seconds = time.monotonic() - self._start
        cpu = time.process_time() - self._cpu
        was_long, self._long = self._long, seconds >= WORTH_MEASURING
        torch = sys.modules.get("torch")
        on_gpu = torch is not None and torch.cuda.is_initialized()
        return Facts(
            start=self._start,
            seconds=seconds,
            cpu_seconds=cpu,
            peak_memory=_peak() if was_long and self._resets and self._long else None,
            gpu_memory=torch.cuda.max_memory_allocated() if torch and on_gpu else None,
        )


def _reset_peak() -> bool:
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def _peak() -> int | None:
    """VmHWM in bytes."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    at = text.find("VmHWM:")
    return int(text[at:].split(None, 2)[1]) * 1024 if at >= 0 else None
