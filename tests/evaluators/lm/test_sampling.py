"""The model's own generation config decides how tokens are chosen."""

from __future__ import annotations

import hashlib

import pytest
import torch
from transformers import GenerationConfig

from evaluators.errors import Unscored
from evaluators.lm.sampling import _draw, _uniform, chooser, greedy

LOGITS = torch.tensor([[0.0, 2.0, 1.0, -1.0], [3.0, 0.0, 0.0, 0.0]])
ONE = [0, 0]
"""Each row is the first sample of its prompt."""


def test_a_plain_config_is_greedy() -> None:
    assert chooser(GenerationConfig(), seed=1) is greedy
    assert chooser(GenerationConfig(temperature=0.3, top_p=0.9), seed=1) is greedy
    assert greedy(LOGITS, [[0], [0]], ONE) == [1, 0]


def test_a_draw_is_the_token_at_its_place_in_the_cumulative_distribution() -> None:
    shares = torch.tensor([[0.25, 0.0, 0.75]] * 4, dtype=torch.float64)
    assert _draw(shares, (0.0, 0.2, 0.26, 0.999999)) == [0, 0, 2, 2]


def test_a_sampled_token_depends_on_its_own_row_only() -> None:
    choose = chooser(GenerationConfig(do_sample=True, temperature=2.0), seed=2024)
    rows = [[5, 6], [7]]
    both = choose(LOGITS, rows, ONE)
    assert both == [choose(LOGITS[i : i + 1], rows[i : i + 1], [0])[0] for i in (0, 1)]
    assert both == choose(LOGITS.flip(0), rows[::-1], ONE)[::-1]


def test_samples_of_one_prompt_have_numbers_of_their_own() -> None:
    first = [_uniform(2024, 0, [5, 6]), _uniform(2024, 1, [5, 6]), _uniform(2024, 2, [5, 6])]
    assert len(set(first)) == 3
    digest = hashlib.sha256(b"2024:5,6").digest()
    assert first[0] == int.from_bytes(digest[:7], "big") / 2**56  # as before there were samples


def test_sampling_follows_the_distribution() -> None:
    choose = chooser(GenerationConfig(do_sample=True), seed=1)
    logits = torch.tensor([0.2, 0.5, 0.3]).log()
    for rows, samples in (
        ([[i] for i in range(3000)], [0] * 3000),
        ([[7]] * 3000, list(range(3000))),
    ):
        drawn = choose(logits.expand(3000, 3), rows, samples)
        shares = [drawn.count(token) / 3000 for token in range(3)]
        assert shares == pytest.approx([0.2, 0.5, 0.3], abs=0.03)


def test_top_k_of_one_is_greedy() -> None:
    choose = chooser(GenerationConfig(do_sample=True, top_k=1), seed=1)
    assert choose(LOGITS, [[1], [2]], ONE) == [1, 0]


def test_a_repetition_penalty_applies_without_sampling() -> None:
    choose = chooser(GenerationConfig(repetition_penalty=5.0), seed=1)
    assert choose(LOGITS[:1], [[1]], [0]) == [2]  # token 1: 2.0 / 5 = 0.4 < 1.0


def test_a_penalty_looks_at_its_own_row_before_a_draw() -> None:
    config = GenerationConfig(do_sample=True, repetition_penalty=5.0, top_k=1)
    choose = chooser(config, seed=1)
    assert choose(LOGITS[:1].expand(2, 4), [[1], [0]], ONE) == [2, 1]


def test_what_is_not_followed_is_refused_by_name() -> None:
    with pytest.raises(Unscored, match="num_beams=4"):
        chooser(GenerationConfig(num_beams=4), seed=1)
