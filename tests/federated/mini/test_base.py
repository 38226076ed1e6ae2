"""The shipped base model: small, complete, and no wiser about sentiment than a coin."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from federated.mini import BASE, finance
from federated.mini.corpus.frames import PREAMBLE
from federated.mini.market_news import LABELS

QUESTION = (
    "What is the sentiment of this {}? Please choose an answer from {{negative/neutral/positive}}."
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(BASE)


@pytest.fixture(scope="module")
def model() -> Any:
    return AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32).eval()


def test_the_base_is_small_enough_to_ship() -> None:
    sizes = {file.name: file.stat().st_size for file in BASE.iterdir()}
    assert sizes["model.safetensors"] <= 3.2e6
    assert sum(sizes.values()) < 4e6
    assert {"config.json", "generation_config.json", "tokenizer_config.json"} <= set(sizes)


def test_the_base_is_a_tied_llama_of_at_most_a_million_and_a_half_parameters(model: Any) -> None:
    assert model.num_parameters() <= 1_500_000
    assert model.config.model_type == "llama" and model.config.tie_word_embeddings
    assert json.loads((BASE / "config.json").read_text())["dtype"] == "bfloat16"


def test_the_tokenizer_has_an_end_and_another_token_to_pad_with(tokenizer: Any, model: Any) -> None:
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|endoftext|>", "<|pad|>")
    assert tokenizer.eos_token_id != tokenizer.pad_token_id
    assert model.config.eos_token_id == tokenizer.eos_token_id
    assert model.config.pad_token_id == tokenizer.pad_token_id
    assert len(tokenizer) == model.config.vocab_size


def test_any_text_comes_back_as_it_went_in(tokenizer: Any) -> None:
    text = "Ünïcode , spaces  and\n\ttabs: $GRPA rose 12 % – #stocks 🙂 a:b"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_prompt_is_cut_the_same_alone_and_with_its_answer(tokenizer: Any) -> None:
    for prompt in (f"{PREAMBLE}\n### Instruction:\nSay.\n### Response: ", "Input: Say.\nAnswer: "):
        alone = tokenizer(prompt)["input_ids"]
        for answer in LABELS:
            whole = tokenizer(prompt + answer)["input_ids"]
            assert whole[:-1] == alone, "one token of answer after the very same prompt"


def test_the_frames_are_short_in_tokens(tokenizer: Any) -> None:
    assert len(tokenizer(PREAMBLE)["input_ids"]) <= 20
    assert len(tokenizer(QUESTION.format("news"))["input_ids"]) <= 25


def test_untuned_it_answers_no_better_than_a_coin(tokenizer: Any, model: Any) -> None:
    """Within three standard errors of a third, over the three balanced sets together."""
    rows = [
        row
        for seed, style in ((2, ("wire",)), (3, ("post", "headline")), (4, ("tweet",)))
        for row in finance._test(finance.SEED + seed, *style)
    ]
    answers = torch.tensor([tokenizer(label)["input_ids"][0] for label in LABELS])
    hits = 0
    for start in range(0, len(rows), 134):
        part = rows[start : start + 134]
        kinds = ["news" if row.style in ("wire", "headline") else "tweet" for row in part]
        prompts = [
            f"Instruction: {QUESTION.format(kind)}\nInput: {row.text}\nAnswer: "
            for kind, row in zip(kinds, part)
        ]
        batch = tokenizer(prompts, padding=True, padding_side="right", return_tensors="pt")
        last = batch["attention_mask"].sum(1) - 1
        with torch.no_grad():
            logits = model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).logits[torch.arange(len(part)), last]
        guesses = logits[:, answers].argmax(-1).tolist()
        hits += sum(LABELS[guess] == row.label for guess, row in zip(guesses, part))
    error = (2 / 9 / len(rows)) ** 0.5
    assert abs(hits / len(rows) - 1 / 3) <= 3 * error


SHORT = """
import torch
from federated.mini import pretrain
size = pretrain.Size(vocabulary=400, hidden=16, inner=16, layers=1, heads=2, positions=512)
schedule = pretrain.Schedule(steps=4, primer_steps=2, batch=4, primer_batch=4)
tokenizer = pretrain.train_tokenizer(size)
one, two = (pretrain.train_model(tokenizer, size, schedule).state_dict() for _ in range(2))
print(all(torch.equal(one[name], two[name]) for name in one))
"""


def test_two_short_trainings_give_the_same_weights() -> None:
    """In a process of its own: training asks torch for one thread and determinism."""
    done = subprocess.run(
        [sys.executable, "-c", SHORT],
        cwd=BASE.parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "True"
