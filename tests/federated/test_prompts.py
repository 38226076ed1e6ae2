"""The training text and what is learnt of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from datasets import Dataset

from federated import hub
from federated.domains import joined
from federated.errors import BadData
from federated.model import load_tokenizer
from federated.prompts import PREAMBLE, encode, prompt


def rows(*answers: str) -> Dataset:
    return Dataset.from_list(
        [{"instruction": "Say it.", "input": "profit rose", "output": a} for a in answers]
    )


def test_the_preamble_is_the_published_one() -> None:
    assert len(PREAMBLE) == 105
    assert hashlib.sha256(PREAMBLE.encode()).hexdigest().startswith("1678ff0c9fe59400")


def test_the_prompt_has_no_blank_lines() -> None:
    assert prompt("Do it.") == f"{PREAMBLE}\n### Instruction:\nDo it.\n### Response:"


def test_the_input_column_reaches_the_prompt() -> None:
    assert joined({"instruction": "Say it.", "input": "profit rose"}) == "Say it. profit rose"


def test_only_the_answer_and_the_end_are_learnt(tiny_hub: Path) -> None:
    tokenizer = load_tokenizer(hub.model_path(hub.pin_model("tiny/llama")))
    (example,) = encode(rows("positive"), joined, tokenizer, 512, train_eos=True)
    assert tokenizer.decode(example.ids[: example.answer]) == prompt("Say it. profit rose")
    assert tokenizer.decode(example.ids[example.answer :]) == " positive<|endoftext|>"


def test_the_original_never_trains_the_end(tiny_hub: Path) -> None:
    tokenizer = load_tokenizer(hub.model_path(hub.pin_model("tiny/llama")))
    (example,) = encode(rows("positive"), joined, tokenizer, 512, train_eos=False)
    assert tokenizer.decode(example.ids[example.answer :]) == " positive"


def test_a_row_whose_answer_does_not_fit_is_left_out(tiny_hub: Path) -> None:
    tokenizer = load_tokenizer(hub.model_path(hub.pin_model("tiny/llama")))
    (whole,) = encode(rows("positive"), joined, tokenizer, 512, train_eos=True)
    table = Dataset.from_list(
        [{"instruction": "Say it.", "input": "profit " * n, "output": "up"} for n in (1, 400)]
    )
    assert len(encode(table, joined, tokenizer, len(whole.ids), train_eos=True)) == 1


def test_a_client_without_any_answer_that_fits_is_told_the_length(tiny_hub: Path) -> None:
    tokenizer = load_tokenizer(hub.model_path(hub.pin_model("tiny/llama")))
    with pytest.raises(BadData, match="1 rows fits into 16 tokens"):
        encode(rows("positive"), joined, tokenizer, 16, train_eos=True)
