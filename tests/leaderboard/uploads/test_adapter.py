"""Adapters: those that PEFT makes are taken, those that would do something else are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leaderboard.uploads import Declared, Found, look, prepare
from tests.leaderboard.uploads.adapters import arrays, encoded, filled, write

DECLARED = Declared(name="Mine", domain="finance", base_model="tiny/llama")

pytestmark = pytest.mark.usefixtures("tiny_hub")


def looked(folder: Path, declared: Declared = DECLARED) -> Found:
    return look(folder, "a.zip", declared)


def told(found: Found) -> str:
    return "\n".join(map(str, found.problems))


def spoiled(folder: Path, name: str, entry: Any) -> Path:
    """A sound adapter with one array replaced, or left out."""
    found = arrays()
    full = next(key for key in found if name in key)
    if entry is None:
        del found[full]
    else:
        found[full] = entry
    return write(folder, found)


def test_what_peft_saves_is_taken(peft_adapter: Path) -> None:
    found = looked(peft_adapter)
    assert found.problems == ()
    assert (found.kind, found.format, found.base_model) == ("adapter", "peft", "tiny/llama")
    assert found.title == "A PEFT adapter: LoRA of rank 4 on q_proj, v_proj"
    # 2 layers, rank 4: q 16 -> 16, v 16 -> 8
    assert found.facts["parameters"] == 2 * 4 * ((16 + 16) + (16 + 8))
    assert found.facts["zero_effect"] is False
    said = "\n".join(map(str, found.warnings))
    assert "README.md" in said and "it is evaluated on tiny/llama" in said


def test_what_is_kept_is_the_arrays_and_a_configuration_of_ours(
    peft_adapter: Path, tmp_path: Path
) -> None:
    found = looked(peft_adapter)
    prepare(peft_adapter, found, tmp_path / "kept")
    kept = {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    assert kept.keys() == {"adapter_config.json", "adapter_model.safetensors"}
    weights = "adapter_model.safetensors"
    assert kept[weights] == (peft_adapter / weights).read_bytes()
    written = json.loads(kept["adapter_config.json"])
    assert (written["r"], written["lora_alpha"]) == (4, 8)
    assert written["base_model_name_or_path"] == "tiny/llama"
    assert written["revision"] == found.facts["base"]["revision"]


def test_the_kept_adapter_gives_pefts_own_model(
    peft_adapter: Path, tmp_path: Path, tiny_hub: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    prepare(peft_adapter, looked(peft_adapter), tmp_path / "kept")
    base = tiny_hub / "models" / "tiny" / "llama"
    asked = torch.arange(12).reshape(1, 12)
    answers = [
        PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), str(folder))(asked)
        for folder in (peft_adapter, tmp_path / "kept")
    ]
    assert torch.equal(answers[0].logits, answers[1].logits)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"auto_mapping": {"parent_library": "os"}}, "names Python classes to import"),
        ({"megatron_config": {"x": 1}}, "import other libraries"),
        ({"megatron_core": "evil.module"}, '"megatron.core" wanted'),
        ({"modules_to_save": ["lm_head"]}, "no whole layers"),
        ({"eva_config": {"cache_file": "/etc/passwd"}}, "it reads other files"),
        ({"loftq_config": {"loftq_bits": 4}}, "changes the base's weights"),
        ({"rank_pattern": {"q_proj": 8}}, "one rank"),
        ({"layers_to_transform": [0]}, "every layer needs its update"),
        ({"use_dora": True}, "only plain LoRA"),
        ({"bias": "all"}, '"none" wanted'),
        ({"init_lora_weights": "pissa"}, "wanted"),
        ({"fan_in_fan_out": True}, "false wanted"),
        ({"lora_dropot": 0.5}, "did you mean 'lora_dropout'"),
        ({"peft_type": "IA3"}, "LORA wanted"),
        ({"task_type": "SEQ_CLS"}, "CAUSAL_LM wanted"),
        ({"r": 0}, "a rank from 1 to 1024"),
        ({"r": True}, "a rank from 1 to 1024"),
        ({"r": 10**9}, "a rank from 1 to 1024"),
        ({"lora_alpha": -1}, "a number wanted"),
        ({"lora_dropout": 1}, "a number from 0 to 1"),
        ({"target_modules": "all-linear"}, "a list of names"),
        ({"target_modules": "(a+)+$"}, "a list of names"),
        ({"target_modules": []}, "a list of names"),
        ({"target_modules": ["q_proj", "q_proj"]}, "a list of names"),
        ({"base_model_name_or_path": ["x"]}, "base_model_name_or_path"),
    ],
)
def test_a_key_that_would_change_more_than_plain_lora_is_refused(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    assert words in told(looked(write(tmp_path / "a", **changes)))


@pytest.mark.parametrize(
    ("name", "entry", "words"),
    [
        ("layers.1.self_attn.q_proj.lora_A", None, "layer 1, q_proj, A: missing"),
        (
            "layers.0.self_attn.q_proj.lora_A",
            ("F32", (4, 15), filled("F32", (4, 15), 1)),
            "its shape is 4 × 15, the base at rank 4 needs 4 × 16",
        ),
        (
            "layers.0.self_attn.v_proj.lora_B",
            ("F32", (16, 4), filled("F32", (16, 4), 1)),
            "its shape is 16 × 4, the base at rank 4 needs 8 × 4",
        ),
        (
            "layers.0.self_attn.v_proj.lora_B",
            ("F16", (8, 4), filled("F16", (8, 4), float("nan"))),
            "NaN or infinity",
        ),
        (
            "layers.0.self_attn.v_proj.lora_B",
            ("BF16", (8, 4), filled("BF16", (8, 4), float("inf"))),
            "NaN or infinity",
        ),
    ],
)
def test_arrays_that_do_not_fit_the_base_are_refused(
    tmp_path: Path, name: str, entry: Any, words: str
) -> None:
    assert words in told(looked(spoiled(tmp_path / "a", name, entry)))


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.lm_head.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight",
        "base_model.model.model.layers.00.self_attn.q_proj.lora_A.weight",
        "base_model.model.model.layers.0.mlp.q_proj.lora_A.weight",
        "model.layers.0.self_attn.q_proj.lora_A.weight",
    ],
)
def test_an_array_that_peft_would_pass_over_is_refused(tmp_path: Path, name: str) -> None:
    extra = {**arrays(), name: ("F32", (1,), filled("F32", (1,), 1))}
    assert "not part of a LoRA adapter" in told(looked(write(tmp_path / "a", extra)))


def test_a_layer_that_the_base_does_not_have_is_refused(tmp_path: Path) -> None:
    name = "base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight"
    extra = {**arrays(), name: ("F32", (4, 16), filled("F32", (4, 16), 1))}
    found = looked(write(tmp_path / "a", extra))
    assert "layer 7, q_proj, A: the base or the configuration has no such layer" in told(found)


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_an_adapter_that_changes_nothing_is_flagged(tmp_path: Path, dtype: str) -> None:
    zeros = {
        name: (kind, shape, filled(kind, shape, 0.0)) if "lora_B" in name else (kind, shape, values)
        for name, (kind, shape, values) in arrays(dtype).items()
    }
    found = looked(write(tmp_path / "a", zeros))
    assert found.problems == ()
    assert found.facts["zero_effect"] is True
    assert any("changes nothing" in problem.message for problem in found.warnings)


@pytest.mark.parametrize("name", ["adapter_model.bin", "weights.pt", "optimizer.pkl", "a.PTH"])
def test_pickled_files_are_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "a")
    (folder / name).write_bytes(b"\x80\x04")
    assert "safe_serialization=True" in told(looked(folder))


def test_a_pickled_adapter_alone_says_what_is_missing_too(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "adapter_model.bin").write_bytes(b"\x80\x04")
    found = told(looked(folder))
    assert "pickled" in found and "save_pretrained: adapter_config.json" in found


def test_of_several_rounds_the_last_is_used_and_it_is_said(tmp_path: Path) -> None:
    for number in (2, 10, 9):
        write(tmp_path / "a" / f"peft_{number}")
    found = looked(tmp_path / "a")
    assert found.problems == ()
    assert (found.facts["folder"], found.facts["round"]) == ("peft_10", 10)
    assert "3 rounds found, the last one is used: peft_10" in found.warnings[0].message


def test_of_two_different_adapters_none_is_picked(tmp_path: Path) -> None:
    write(tmp_path / "a" / "first")
    write(tmp_path / "a" / "second")
    assert "several adapters found: first, second" in told(looked(tmp_path / "a"))


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"base_model": "../../etc"}, "a model wanted"),
        ({"base_model": "/etc"}, "a model wanted"),
        ({"base_model": "tiny/lama"}, "did you mean 'tiny/llama'"),
        ({"base_model": "tiny/llama", "base_revision": "nope"}, "has no revision"),
        ({"base_model": "tiny/llama", "base_revision": "a b"}, "branch, tag or commit"),
        ({"domain": "finanze"}, "did you mean 'finance'"),
        ({"name": ""}, "name: missing"),
    ],
)
def test_what_is_declared_has_to_fit_too(
    tmp_path: Path, declared: dict[str, str], words: str
) -> None:
    found = looked(write(tmp_path / "a"), DECLARED.model_copy(update=declared))
    assert words in told(found)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", use_dora=True, r=0)
    (folder / "adapter_model.safetensors").write_bytes(encoded(arrays()) + b"x")
    (folder / "optimizer.pt").write_bytes(b"x")
    found = told(looked(folder, Declared()))
    for words in ("name: missing", "only plain LoRA", "a rank from 1", "the file at", "pickled"):
        assert words in found
