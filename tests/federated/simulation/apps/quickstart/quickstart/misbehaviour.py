"""The ways in which a client can harm a run, each by its name in `misbehave.how`."""

from __future__ import annotations

import os
import signal
import time

import numpy as np


def misbehave(how: str, model: list[np.ndarray], seconds: float) -> None:
    """Before training: raise, hang, die, or write into the arrays that were received."""
    if how == "raise":
        raise ValueError("this client raises because it was asked to")
    if how == "hang":
        time.sleep(seconds)
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "write":
        for array in model:
            array[...] = 1e9


def spoil(how: str, model: list[np.ndarray]) -> list[np.ndarray]:
    """After training: weights that are no numbers, or arrays of other shapes."""
    if how == "nan":
        return [np.full_like(array, np.nan) for array in model]
    if how == "shapes":
        return [np.zeros(len(array) + 1) for array in model]
    return model
