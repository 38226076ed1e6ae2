"""The meter's arithmetic against the published figures (flowertune.md 5 and 17.4)."""

from __future__ import annotations

import pytest

from federated.reading import read
from federated.recipe import Lora
from federated.traffic import adapter_parameters, estimate, missing_targets, run_traffic

MISTRAL_7B = {
    "model_type": "mistral",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "num_hidden_layers": 32,
}
LLAMA_3_2_3B = {
    "model_type": "llama",
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_attention_heads": 24,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "num_hidden_layers": 28,
}


def test_mistral_7b_rank_32_has_the_published_adapter_size() -> None:
    # q: 32 (4096 + 4096) = 262,144; v: 32 (4096 + 1024) = 163,840; times 32 layers.
    assert adapter_parameters(MISTRAL_7B, Lora()) == 13_631_488


def test_the_published_baseline_sends_52_mib_a_message_and_40_6_gb_in_all() -> None:
    traffic = run_traffic(13_631_488, clients_per_round=2, rounds=200)
    assert traffic.message_mib == 52.0
    assert round(traffic.gigabytes, 1) == 40.6


def test_llama_3_2_3b_sends_27_3_gb() -> None:
    parameters = adapter_parameters(LLAMA_3_2_3B, Lora())
    assert parameters is not None
    # 2 * 200 * 2 messages: 27.34 by the closed form, 27.4 on the board, which counts headers.
    assert run_traffic(parameters, 2, 200).gigabytes == pytest.approx(27.3, abs=0.06)


def test_the_finance_template_sends_101_6_gb() -> None:
    recipe = read('name = "template"\ndomain = "finance"')
    traffic = estimate(recipe, MISTRAL_7B)
    assert traffic is not None
    assert round(traffic.gigabytes, 1) == 101.6


def test_a_method_that_trains_nothing_sends_nothing() -> None:
    traffic = estimate(read('name = "m"\ndomain = "finance"\nmethod = "majority"'), MISTRAL_7B)
    assert traffic is not None
    assert traffic.total_mib == 0


def test_layers_outside_the_blocks_are_not_called_missing() -> None:
    lora = Lora(targets=("q_proj", "lm_head", "w_pack"))
    assert missing_targets(MISTRAL_7B, lora) == ["w_pack"]
    assert missing_targets({**MISTRAL_7B, "model_type": "mamba"}, lora) == []


def test_an_unknown_architecture_has_no_estimate() -> None:
    recipe = read('name = "x"\ndomain = "finance"')
    assert estimate(recipe, {**MISTRAL_7B, "model_type": "mamba"}) is None
