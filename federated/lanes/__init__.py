"""Several clients' adapters trained in one forward pass over the frozen base they share.

An adapted layer computes y = x W' + s (x A_c') B_c', rows of lane c with the adapter of lane c: one
large product with W where one client after another makes many small ones, and two batched products
for the adapters. The objective is the sum over lanes of each lane's own mean loss, so that no
gradient reaches another lane. Serving many adapters so is Punica's (Chen et al., arXiv:2310.18547),
training them so mLoRA's (Ye et al., arXiv:2312.02515); clients that take a lane as it falls free,
and passes put together by length, are ours. What a client gets is what `client.train_locally` gives
it.
"""

from __future__ import annotations

from .trainer import MultiLoRATrainer

__all__ = ["MultiLoRATrainer"]
