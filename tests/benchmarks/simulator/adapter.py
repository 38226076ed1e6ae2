"""The LoRA task's model. Apart from the others, as its libraries take seconds to import."""

from __future__ import annotations

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

BASE = Path("var/benchmarks/llama")
"""The LoRA task's base model, drawn at random and saved once: clients load it from disk."""


class Adapted(nn.Module):
    """A small Llama with a LoRA adapter, as FlowerTune's clients hold it."""

    def __init__(self) -> None:
        super().__init__()
        base = AutoModelForCausalLM.from_pretrained(str(BASE))
        lora = LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"])
        self.model = get_peft_model(base, lora)

    def loss(self, tokens: Tensor, labels: Tensor) -> Tensor:
        return self.model(input_ids=tokens, labels=labels).loss

    def metrics(self, tokens: Tensor, labels: Tensor) -> dict[str, object]:
        return {}


def save_base() -> None:
    """Draw the LoRA task's base model and save it, unless it is there."""
    if (BASE / "config.json").exists():
        return
    torch.manual_seed(0)
    shape = {"hidden_size": 256, "intermediate_size": 688, "num_hidden_layers": 4}
    config = LlamaConfig(vocab_size=2048, num_attention_heads=4, num_key_value_heads=4, **shape)
    LlamaForCausalLM(config).save_pretrained(str(BASE))
