"""Base and adapter: loading, writing, exporting."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel

from federated import hub
from federated.client import answer_loss
from federated.errors import BadData, EngineError
from federated.model import (
    Loaded,
    adapter_parameters,
    add_adapter,
    export,
    load_base,
    load_for_inference,
    load_tokenizer,
    read_adapter,
    write_adapter,
)
from federated.prompts import Example
from federated.recipe import Lora

LORA = Lora(rank=2, dropout=0.0)


@pytest.fixture
def loaded(tiny_hub: Path) -> Loaded:
    return load_base(hub.pin_model("tiny/llama"), device="cpu")


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=torch.tensor([[5, 6, 7, 8]])).logits


def moved(model: PeftModel) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    return {n: draw.normal(size=a.shape).astype("f") for n, a in read_adapter(model).items()}


def test_a_cpu_has_no_quantised_bases_and_the_record_says_so(tiny_hub: Path) -> None:
    loaded = load_base(hub.pin_model("tiny/llama"), quantization="4bit", device="cpu")
    assert (loaded.quantization, loaded.dtype) == ("none", "float32")
    assert "4bit quantisation asked, none used" in loaded.notes[0]


def test_bfloat16_is_used_when_asked_for(tiny_hub: Path) -> None:
    loaded = load_base(hub.pin_model("tiny/llama"), dtype="bfloat16", device="cpu")
    assert (loaded.dtype, loaded.model.dtype) == ("bfloat16", torch.bfloat16)
    trained = adapter_parameters(add_adapter(loaded, LORA, 0, False))
    assert {parameter.dtype for parameter in trained.values()} == {torch.float32}


def test_a_fresh_adapter_changes_nothing(loaded: Loaded) -> None:
    before = logits(loaded.model)
    assert torch.equal(logits(add_adapter(loaded, LORA, 0, False)), before)


def test_only_the_adapter_is_trained(loaded: Loaded) -> None:
    names = adapter_parameters(add_adapter(loaded, LORA, 0, False))
    assert len(names) == 2 * 2 * 2
    assert all("lora_" in name and ".default" not in name for name in names)


def test_what_is_written_is_read_back_and_other_arrays_are_refused(loaded: Loaded) -> None:
    model = add_adapter(loaded, LORA, 0, False)
    arrays = moved(model)
    write_adapter(model, arrays)
    assert all(np.array_equal(a, arrays[n]) for n, a in read_adapter(model).items())
    with pytest.raises(EngineError, match="not this adapter's"):
        write_adapter(model, {"other": np.zeros(1)})


@pytest.mark.parametrize("merged", [True, False])
def test_an_exported_adapter_gives_the_same_model_again(
    loaded: Loaded, tmp_path: Path, merged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = add_adapter(loaded, LORA, 0, False)
    base = hub.pin_model("tiny/llama")
    export(model, moved(model), base, tmp_path / "adapter")
    expected = logits(model.eval())
    if merged:
        again = load_for_inference(base, tmp_path / "adapter", device="cpu").model
    else:
        again = PeftModel.from_pretrained(load_base(base, device="cpu").model, tmp_path / "adapter")
    assert torch.allclose(logits(again.eval()), expected, atol=1e-5)


def test_exporting_asks_nobody_for_the_base(loaded: Loaded, tmp_path: Path) -> None:
    model = add_adapter(loaded, LORA, 0, False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.socket.connect", _no_network)
        export(model, read_adapter(model), hub.pin_model("tiny/llama"), tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["r"] == 2


def _no_network(*_: object) -> None:
    raise AssertionError("the network was asked")


def test_a_pickled_adapter_is_refused(tiny_hub: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.bin").write_bytes(b"pickle")
    with pytest.raises(EngineError, match=r"no adapter_model\.safetensors"):
        load_for_inference(hub.pin_model("tiny/llama"), tmp_path, device="cpu")


def test_gradient_checkpointing_leaves_loss_and_gradients_as_they_are(tiny_hub: Path) -> None:
    batch = [Example((5, 6, 7, 8, 9), 3), Example((7, 5, 9), 1)]
    found = []
    for checkpointing in (False, True):
        loaded = load_base(hub.pin_model("tiny/llama"), device="cpu")._replace(device="cuda")
        model = add_adapter(loaded, LORA, 0, checkpointing).train()
        write_adapter(model, moved(model))
        loss = answer_loss(model, batch, pad=1)
        loss.backward()
        found.append([loss, *(p.grad for p in adapter_parameters(model).values())])
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*found, strict=True))


def test_a_missing_layer_is_named(loaded: Loaded) -> None:
    with pytest.raises(BadData, match="no layer called 'w_pack'"):
        add_adapter(loaded, Lora(targets=("w_pack",)), 0, False)


def test_a_tokenizer_without_a_pad_token_pads_with_its_end(tiny_hub: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(hub.model_path(hub.pin_model("tiny/llama")), folder)
    file = folder / "tokenizer_config.json"
    config = json.loads(file.read_text())
    config.pop("pad_token")
    file.write_text(json.dumps(config))
    tokenizer = load_tokenizer(folder)
    assert tokenizer.pad_token == tokenizer.eos_token
