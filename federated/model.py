"""Base model and adapter: build, load, quantise, export. One of the few files that know torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from . import hub
from .arrays import Arrays
from .errors import BadData, EngineError
from .job import Pin

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from .recipe import Lora

transformers_logging.disable_progress_bar()


class Loaded(NamedTuple):
    """A model ready for work, with what was really used (a CPU has no 4-bit bases)."""

    model: Any
    tokenizer: Any
    device: str
    dtype: str
    quantization: str
    notes: tuple[str, ...]


def load_base(
    base: Pin, quantization: str = "none", dtype: str = "auto", device: str | None = None
) -> Loaded:
    """The pretrained model and its tokenizer, on `device` (CUDA when there is one)."""
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    path = hub.model_path(base)
    number = _number_format(dtype, device)
    notes: tuple[str, ...] = ()
    if quantization != "none" and device == "cpu":
        notes = (f"{quantization} quantisation asked, none used: it needs CUDA.",)
        quantization = "none"
    model = AutoModelForCausalLM.from_pretrained(
        path,
        dtype=getattr(torch, number),
        quantization_config=_quantization(quantization, number),
        device_map={"": device} if quantization != "none" else None,
        attn_implementation="sdpa",
    )
    if quantization == "none":
        model = model.to(device)
    return Loaded(model, load_tokenizer(path), device, number, quantization, notes)


def load_tokenizer(path: Path) -> PreTrainedTokenizerBase:
    """The model's fast tokenizer; the end token pads where there is no other, as in FlowerTune."""
    tokenizer = AutoTokenizer.from_pretrained(path, use_fast=True)
    if not tokenizer.is_fast:
        raise BadData(f"the tokenizer of {path.name} has no fast version, which offsets need.")
    if tokenizer.eos_token is None:
        raise BadData(f"the tokenizer of {path.name} has no end-of-sequence token.")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _number_format(dtype: str, device: str) -> str:
    if dtype != "auto":
        return dtype
    return "bfloat16" if device.startswith("cuda") else "float32"


def _quantization(quantization: str, number: str) -> Any:
    """bitsandbytes' configuration; FlowerTune trains on 4 bit with the library's defaults."""
    if quantization == "none":
        return None
    from transformers import BitsAndBytesConfig

    if quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=getattr(torch, number))


def add_adapter(loaded: Loaded, lora: Lora, seed: int, checkpointing: bool) -> PeftModel:
    """A fresh LoRA adapter on a frozen base: A drawn from `seed`, B zero, both float32."""
    model: PreTrainedModel = loaded.model
    missing = [name for name in lora.targets if not _has_module(model, name)]
    if missing:
        raise BadData(
            f"The base model has no layer called {missing[0]!r}.",
            "lora.targets names its linear layers, for Llama and Mistral q_proj, v_proj, ...",
        )
    model = _save_memory(loaded, checkpointing)
    torch.manual_seed(seed)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _save_memory(loaded: Loaded, checkpointing: bool) -> PreTrainedModel:
    """Gradient checkpointing on a GPU; a quantised base also gets its norms in float32."""
    model: PreTrainedModel = loaded.model
    plain = {"use_reentrant": False}
    if loaded.quantization != "none":
        return prepare_model_for_kbit_training(model, checkpointing, plain)
    if checkpointing and loaded.device != "cpu":
        model.gradient_checkpointing_enable(plain)
        model.enable_input_require_grads()
    return model


def _has_module(model: PreTrainedModel, name: str) -> bool:
    return any(module.split(".")[-1] == name for module, _ in model.named_modules())


def adapter_parameters(model: PeftModel) -> dict[str, torch.nn.Parameter]:
    """What is trained, under the names PEFT gives it in a file, in name order."""
    trained = {
        name.replace(".default", ""): parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    return dict(sorted(trained.items()))


def read_adapter(model: PeftModel) -> Arrays:
    """A float32 copy of the adapter."""
    return {
        name: parameter.detach().to("cpu", torch.float32).numpy().copy()
        for name, parameter in adapter_parameters(model).items()
    }


def write_adapter(model: PeftModel, arrays: Mapping[str, np.ndarray]) -> None:
    """Put received arrays in place; names and shapes must be the adapter's own."""
    own = adapter_parameters(model)
    if own.keys() != arrays.keys():
        odd = sorted(own.keys() ^ arrays.keys())[0]
        raise EngineError(f"received arrays are not this adapter's: {odd} on one side only.")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(torch.from_numpy(np.asarray(arrays[name])))


def export(model: PeftModel, arrays: Mapping[str, np.ndarray], base: Pin, folder: Path) -> None:
    """Write the adapter as PEFT does, naming the base by its hub id and pinned revision."""
    write_adapter(model, arrays)
    config = model.peft_config["default"]
    config.base_model_name_or_path, config.revision = base.id, base.revision
    # The embeddings are the base's: without this PEFT would ask the hub for the base's config.
    model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)


def load_for_inference(
    base: Pin,
    adapter_dir: Path | None,
    quantization: str = "none",
    dtype: str = "auto",
    device: str | None = None,
) -> Loaded:
    """Base and adapter in eval mode; the adapter is merged where the base is not quantised."""
    loaded = load_base(base, quantization, dtype, device)
    model = loaded.model
    if adapter_dir is not None:
        model = _attach(model, adapter_dir, merge=loaded.quantization == "none")
    return loaded._replace(model=model.eval())


def _attach(model: PreTrainedModel, folder: Path, merge: bool) -> Any:
    """Only safetensors are read: a pickled adapter is refused, never loaded."""
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise EngineError(f"the adapter has no {name}.")
    adapted = PeftModel.from_pretrained(model, str(folder), is_trainable=False)
    return adapted.merge_and_unload() if merge else adapted
