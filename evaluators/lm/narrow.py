"""Of a model's last layer, only what the next token's logits need.

All positions of a prompt leave keys and values behind, but what the last layer's feed-forward part
adds to a position is read by that position's own logits and by nothing else. Where only the last
logits are wanted, the other positions are left out there: a tenth of the work in a model of 6
layers, a fiftieth in one of 32.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.nn.functional import pad


class _Wanted(threading.local):
    """What the forward pass of this thread is for; several may run side by side."""

    last_only = False
    skipped = 0


_wanted = _Wanted()


@contextmanager
def last_position_only(yes: bool) -> Iterator[None]:
    """Within it, narrowed models are right at the last position only."""
    _wanted.last_only = yes
    try:
        yield
    finally:
        _wanted.last_only = False


def narrow(model: Any) -> None:
    """Let a model be asked for its last position only; one of unknown build stays as it is."""
    last = _last_feed_forward(model)
    if last is not None and _cut not in last._forward_pre_hooks.values():
        last.register_forward_pre_hook(_cut)
        last.register_forward_hook(_widened)


def _last_feed_forward(model: Any) -> Any:
    """The `mlp` of the last of a decoder's layers, where transformers' names say so."""
    layers = getattr(model.get_decoder(), "layers", None) if hasattr(model, "get_decoder") else None
    last = getattr(layers[-1], "mlp", None) if layers else None
    return last if type(last).__name__.endswith("MLP") else None


def _cut(module: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    _wanted.skipped = inputs[0].shape[1] - 1 if _wanted.last_only else 0
    return (inputs[0][:, -1:], *inputs[1:]) if _wanted.skipped else None


def _widened(module: Any, inputs: tuple[Any, ...], output: Tensor) -> Tensor | None:
    """Nothing is added where nothing was computed."""
    return pad(output, (0, 0, _wanted.skipped, 0)) if _wanted.skipped else None
