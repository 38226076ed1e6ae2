"""Batched decoding gives what one sequence alone gives, and stops where it may."""

from __future__ import annotations

import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import LlamaConfig

from evaluators.errors import Unscored
from evaluators.lm.completion import Rule, Start, complete
from evaluators.lm.decoding import Batch, score, shared_prefix
from evaluators.lm.sampling import greedy
from evaluators.protocols import sentiment
from evaluators.suites.finance import SENTIMENTS
from federated.model import Loaded

Ids = Sequence[int]
END = Rule(frozenset([0]))


def prompts(n: int, seed: int = 0) -> list[list[int]]:
    draw = random.Random(seed)
    return [[draw.randrange(2, 400) for _ in range(draw.randint(1, 30))] for _ in range(n)]


def starts(prompts: Sequence[Ids], limit: int) -> list[Start]:
    return [Start(tuple(prompt), limit) for prompt in prompts]


def test_a_batch_decodes_as_transformers_does_one_by_one(loaded: Loaded) -> None:
    asked = prompts(11)
    found = complete(loaded.model, starts(asked, 120), END, greedy, "cpu")
    for prompt, row in zip(asked, found, strict=True):
        alone = loaded.model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_length=120,
            do_sample=False,
            eos_token_id=0,
        )
        assert row == alone[0].tolist()


def test_no_sequence_grows_past_the_limit_and_a_longer_prompt_is_left_alone(
    loaded: Loaded,
) -> None:
    asked = [[5] * 10, [6] * 20, [7] * 25]
    found = complete(loaded.model, starts(asked, 20), Rule(), greedy, "cpu")
    assert [len(row) for row in found] == [20, 20, 25]


def test_every_row_is_reported_finished_once(loaded: Loaded) -> None:
    finished: list[int] = []
    complete(loaded.model, starts(prompts(6), 25), END, greedy, "cpu", finished.append)
    assert sorted(finished) == list(range(6))


def test_the_end_token_ends_a_sequence_and_not_its_neighbours(loaded: Loaded) -> None:
    def choose(logits: Tensor, rows: Sequence[Ids], samples: Sequence[int]) -> list[int]:
        return [0 if row[0] == 9 and len(row) == 4 else 7 for row in rows]

    found = complete(loaded.model, starts([[9, 9], [8]], 12), END, choose, "cpu")
    assert found[0] == [9, 9, 7, 7, 0]
    assert found[1] == [8] + [7] * 11


def test_early_stopping_changes_no_verdict(loaded: Loaded) -> None:
    """The model's choices are scripted from pieces that make the parser's hard cases."""
    tokenizer, draw = loaded.tokenizer, random.Random(4)
    pieces = ["positive", "negative", " neutral", "Answer: ", "Answer", ":", " ", "\n", "A", "x."]
    start = tokenizer("Input: x\nAnswer: ")["input_ids"]
    scripts = [
        [token for piece in draw.choices(pieces, k=draw.randint(1, 40)) for token in
         tokenizer(piece)["input_ids"]]
        for _ in range(60)
    ]  # fmt: skip
    marked = [[*start, 2 + i] for i in range(60)]

    def scripted(logits: Tensor, rows: Sequence[Ids], samples: Sequence[int]) -> list[int]:
        at = len(start) + 1
        return [
            script[len(row) - at] if len(row) - at < len(script) else 0
            for row, script in ((row, scripts[row[at - 1] - 2]) for row in rows)
        ]

    def text(row: Ids) -> str:
        kept = [*row[: len(start)], *row[len(start) + 1 :]]
        return str(tokenizer.decode(kept, skip_special_tokens=True))

    def settled(row: Ids) -> bool:
        return sentiment.settled(text(row), SENTIMENTS)

    early = complete(
        loaded.model, starts(marked, 120), END._replace(settled=settled), scripted, "cpu"
    )
    full = complete(loaded.model, starts(marked, 120), END, scripted, "cpu")
    assert sum(len(a) < len(b) for a, b in zip(early, full, strict=True)) > 20
    for one, other in zip(early, full, strict=True):
        assert sentiment.official(text(one), "positive", SENTIMENTS) == sentiment.official(
            text(other), "positive", SENTIMENTS
        )


def test_a_prompt_of_several_texts_is_read_once(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    make = Batch.__init__

    def counted(self: Batch, model: Any, prompts: Sequence[Ids], *more: Any) -> None:
        read.append(len(prompts))
        make(self, model, prompts, *more)

    def choose(logits: Tensor, rows: Sequence[Ids], samples: Sequence[int]) -> list[int]:
        return [10 + sample for sample in samples]

    monkeypatch.setattr(Batch, "__init__", counted)
    asked = [Start((5, 6), 4, 0), Start((7,), 3, 0), Start((5, 6), 4, 2)]
    found = complete(loaded.model, asked, Rule(), choose, "cpu")
    assert found == [[5, 6, 10, 10], [7, 10, 10], [5, 6, 12, 12]]
    assert read == [2]


def test_option_scores_are_those_of_a_plain_forward_pass(loaded: Loaded) -> None:
    prefixes = prompts(5, seed=2)
    options = [(i, tokens) for i in range(5) for tokens in ([9], [9, 40, 41], [77, 78])]
    found = score(loaded.model, prefixes, options, "cpu")
    for (place, tokens), (value, is_greedy) in zip(options, found, strict=True):
        whole = torch.tensor([[*prefixes[place], *tokens]])
        with torch.inference_mode():
            logits = loaded.model(whole).logits[0, len(prefixes[place]) - 1 : -1].float()
        logs = logits.log_softmax(-1)
        assert value == pytest.approx(
            sum(float(logs[i, t]) for i, t in enumerate(tokens)), abs=1e-4
        )
        assert is_greedy == (logits.argmax(-1).tolist() == list(tokens))


def test_a_shared_beginning_is_read_once_and_changes_no_score(loaded: Loaded) -> None:
    begun = [[11, 12, 13, 14, *prompt] for prompt in prompts(9, seed=3)]
    shared = shared_prefix(loaded.model, begun, "cpu")
    assert shared is not None and list(shared.tokens) == [11, 12, 13, 14]
    options = [(i, tokens) for i in range(9) for tokens in ([9], [40, 41])]
    plain = score(loaded.model, begun, options, "cpu")
    found = score(loaded.model, begun, options, "cpu", shared)
    assert [value for value, _ in found] == pytest.approx([v for v, _ in plain], abs=1e-5)
    asked = starts(begun, 60)
    assert complete(loaded.model, asked, END, greedy, "cpu", shared=shared) == complete(
        loaded.model, asked, END, greedy, "cpu"
    )


def test_a_few_that_begin_otherwise_are_read_on_their_own(loaded: Loaded) -> None:
    begun = [[11, 12, 13, *prompt] for prompt in prompts(40, seed=3)]
    shared = shared_prefix(loaded.model, [*begun, [9, 9]], "cpu")
    assert shared is not None and list(shared.tokens) == [11, 12, 13]
    assert shared.starts(begun) and not shared.starts([*begun, [9, 9]])
    assert not shared.starts([[11, 12, 13]])
    assert not shared.starts([[11, 12, 13, *range(2, 90)]])  # 3 of 91 tokens are not worth it


def test_prompts_with_nothing_in_common_share_nothing(loaded: Loaded) -> None:
    assert shared_prefix(loaded.model, [[5, 6], [6, 5]], "cpu") is None
    assert shared_prefix(loaded.model, [[5, 6]], "cpu") is None


def test_a_model_with_a_sliding_window_reads_every_prompt_whole() -> None:
    config = LlamaConfig(num_hidden_layers=1)
    config.layer_types, config.sliding_window = ["sliding_attention"], 8
    model = SimpleNamespace(config=config)
    assert shared_prefix(model, [[5, 6, 7], [5, 6, 8]], "cpu") is None


def test_logits_that_are_not_numbers_leave_the_task_unscored(loaded: Loaded) -> None:
    with torch.no_grad():
        loaded.model.model.norm.weight[0] = float("nan")
    with pytest.raises(Unscored, match="NaN"):
        Batch(loaded.model, [[5, 6]], "cpu")


def test_rows_can_be_dropped_and_repeated(loaded: Loaded) -> None:
    with torch.inference_mode():
        batch = Batch(loaded.model, [[5, 6, 7], [8]], "cpu")
        batch.keep([1, 1])
        batch.step([9, 10])
        plain = [loaded.model(torch.tensor([[8, t]])).logits[0, -1].float() for t in (9, 10)]
    assert torch.allclose(batch.logits, torch.stack(plain), atol=1e-5)
