"""Our lm-eval model, from texts to tokens and back; imports torch.

causal      the model that answers lm-eval's requests
codec       texts and tokens          generation  what a request for a completion may ask
batching    who shares a batch        parallel    batches side by side on a CPU
decoding    scoring many sequences    completion  writing them on
sampling    the next token            stopping    where a text ends
cache       room ahead for new keys   narrow      the last position only
"""

from __future__ import annotations

from .causal import DIGITS, CausalLM

__all__ = ["DIGITS", "CausalLM"]
